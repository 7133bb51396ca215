"""What to write so that a module that was not found is there the next time."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable

# Modules of well-known packages whose names do not tell the package; of namespaces that several
# packages share, the parts. Others are in the package of their own name.
_PACKAGES = {
    "Bio": "biopython",
    "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex",
    "MySQLdb": "mysqlclient",
    "OpenGL": "pyopengl",
    "OpenSSL": "pyopenssl",
    "PIL": "pillow",
    "PyPDF2": "pypdf2",
    "absl": "absl-py",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "bson": "pymongo",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "distutils": "setuptools",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faiss": "faiss-cpu",
    "fitz": "pymupdf",
    "github": "pygithub",
    "gi": "pygobject",
    "git": "gitpython",
    "google.auth": "google-auth",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.pubsub": "google-cloud-pubsub",
    "google.cloud.storage": "google-cloud-storage",
    "google.genai": "google-genai",
    "google.protobuf": "protobuf",
    "googleapiclient": "google-api-python-client",
    "grpc": "grpcio",
    "haystack": "haystack-ai",
    "imblearn": "imbalanced-learn",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "kafka": "kafka-python",
    "ldap": "python-ldap",
    "lightning_fabric": "lightning",
    "magic": "python-magic",
    "mpl_toolkits": "matplotlib",
    "multipart": "python-multipart",
    "nacl": "pynacl",
    "osgeo": "gdal",
    "pkg_resources": "setuptools",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "pylab": "matplotlib",
    "pyximport": "cython",
    "ruamel.yaml": "ruamel.yaml",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "skopt": "scikit-optimize",
    "slugify": "python-slugify",
    "socks": "pysocks",
    "telegram": "python-telegram-bot",
    "umap": "umap-learn",
    "usb": "pyusb",
    "win32api": "pywin32",
    "win32com": "pywin32",
    "xdist": "pytest-xdist",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}


def package_of(module: str) -> str:
    """The package that provides `module`: "pyyaml" for "yaml.nodes"."""
    parts = module.split(".")
    for size in range(len(parts), 0, -1):
        package = _PACKAGES.get(".".join(parts[:size]))
        if package:
            return package
    return parts[0].replace("_", "-").lower()


def import_hint(error: BaseException, decorators: Iterable[str] | None = None) -> str:
    """A line for the reader of `error`, or nothing. `decorators` are the names of those of the step
    that raised it; None: the flow's file itself cannot be imported.
    """
    missing: BaseException | None = error
    while missing is not None and not isinstance(missing, ModuleNotFoundError):
        missing = missing.__cause__  # of "pandas needs openpyxl for this"
    if missing is None or not missing.name:
        return ""
    module = missing.name
    top = module.split(".")[0]
    package = package_of(module)
    is_part = top in sys.modules and package == package_of(top)
    if is_part or _is_of_standard_library(top):
        return ""  # it is there, but has no such part
    packages = f'packages={{"{package}": ""}}'
    if decorators is None:
        advice = (
            f"import it in the steps that use it, with @pypi({packages}), or give it to all steps "
            f"with @pypi_base({packages})"
        )
    elif "pypi" in decorators:
        advice = f'add "{package}": "" to the packages of its @pypi'
    else:
        advice = f"give it to the step with @pypi({packages})"
    return f"hint: the module {module} is in the package {package}: {advice}\n"


def _is_of_standard_library(top: str) -> bool:
    return top in getattr(sys, "stdlib_module_names", ())  # since Python 3.10
