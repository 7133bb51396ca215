"""Private indexes: who gets in, with what, and what is said to those who do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from support.index_security import Certificates, Proxy, basic, only, write_keyring
from support.index_server import Fault, Index
from support.project import Done, Project
from support.wheels import Wheel


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def private(index: Index, project: Project) -> Index:
    """An index with `alpha`, which needs `beta`; everybody gets in until a test sets `admits`."""
    stock(index)
    use_no_other_configuration(project)
    return index


def use_no_other_configuration(project: Project) -> None:
    """Neither the index of the fixture nor what this machine has in pip's files."""
    del project.environment["FLOWSTONE_INDEX_URL"]
    project.environment["PIP_CONFIG_FILE"] = "/dev/null"
    project.environment["FLOWSTONE_HTTP_RETRIES"] = "0"


def stock(index: Index) -> None:
    index.add(Wheel("alpha", "1.0", requires=["beta"]))
    index.add(Wheel("beta", "2.0"))


def with_login(url: str, login: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{login}@{rest}"


def locks(project: Project, *arguments: str, **variables: str) -> Done:
    done = project.engine("lock", "alpha", "-o", "-", *arguments, **variables)
    assert done.status == 0, done
    assert 'name = "alpha"' in done.output, done
    assert 'name = "beta"' in done.output, done
    return done


def is_refused(project: Project, *arguments: str, **variables: str) -> str:
    done = project.engine("lock", "alpha", "-o", "-", *arguments, **variables)
    assert done.status == 1, done
    assert "refused access" in done.errors, done
    return done.errors


def test_basic_login_in_the_url(project: Project, private: Index) -> None:
    private.admits = only(basic("ada", "canary-1"))
    done = locks(project, "--index-url", with_login(private.url, "ada:canary-1"))
    assert "canary" not in done.output + done.errors
    assert f'index = "{private.url}"' in done.output


def test_the_installed_wheels_are_fetched_with_the_same_login(
    project: Project, private: Index
) -> None:
    private.admits = only(basic("ada", "canary-1"))
    url = with_login(private.url, "ada:canary-1")
    assert project.engine("lock", "alpha", "--index-url", url).status == 0
    done = project.engine("sync", "pylock.toml", "--index-url", url)
    assert done.status == 0, done
    refused = project.engine("sync", "pylock.toml", FLOWSTONE_HOME=str(project.home / "other"))
    assert refused.status == 1, refused
    assert "no credentials for it were found" in refused.errors


def test_login_in_variables_of_a_url(project: Project, private: Index) -> None:
    private.admits = only(basic("ada", "p"))
    locks(
        project,
        UV_DEFAULT_INDEX=with_login(private.url, "${WHO}:${WITH}"),
        WHO="ada",
        WITH="p",
    )


@pytest.mark.parametrize("owner", ["UV", "FLOWSTONE"])
def test_login_of_a_named_index_in_variables(project: Project, private: Index, owner: str) -> None:
    private.admits = only(basic("ada", "p"))
    variables = {f"{owner}_INDEX_MY_CORP_USERNAME": "ada", f"{owner}_INDEX_MY_CORP_PASSWORD": "p"}
    locks(project, "--default-index", f"my-corp={private.url}", **variables)


def test_bearer_token_of_a_named_index(project: Project, private: Index) -> None:
    private.admits = only("Bearer canary-token")
    locks(
        project,
        "--default-index",
        f"corp={private.url}",
        FLOWSTONE_INDEX_CORP_TOKEN="canary-token",
    )


def test_netrc(project: Project, private: Index, tmp_path: Path) -> None:
    private.admits = only(basic("ada", "p"))
    netrc = tmp_path / "logins"
    netrc.write_text("machine 127.0.0.1 login ada password p\n")
    netrc.chmod(0o600)
    done = locks(project, "--index-url", private.url, NETRC=str(netrc))
    assert "warning" not in done.errors
    netrc.chmod(0o644)
    done = locks(project, "--index-url", private.url, NETRC=str(netrc))
    assert f"{netrc} can be read by other users" in done.errors


def test_keyring_is_asked_when_allowed(project: Project, private: Index, tmp_path: Path) -> None:
    private.admits = only(basic("ada", "from-keyring"))
    asked = write_keyring(tmp_path / "bin", private.url, "ada", "from-keyring")
    path = f"{tmp_path / 'bin'}:{project.environment['PATH']}"
    is_refused(project, "--index-url", private.url, PATH=path)
    assert not asked.exists()
    locks(project, "--index-url", private.url, "--keyring-provider", "subprocess", PATH=path)
    assert asked.read_text().splitlines() == [f"--mode creds get {private.url}"]


def test_keyring_is_asked_for_the_user_of_the_url(
    project: Project, private: Index, tmp_path: Path
) -> None:
    private.admits = only(basic("ada", "from-keyring"))
    asked = write_keyring(tmp_path / "bin", private.url, "ada", "from-keyring")
    path = f"{tmp_path / 'bin'}:{project.environment['PATH']}"
    url = with_login(private.url, "ada")
    locks(project, "--index-url", url, PATH=path, UV_KEYRING_PROVIDER="subprocess")
    assert asked.read_text().splitlines() == [f"get {private.url} ada"]


def test_pip_configuration(project: Project, private: Index) -> None:
    private.admits = only(basic("ada", "p"))
    del project.environment["PIP_CONFIG_FILE"]
    config = project.home / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text(f"[global]\nindex-url = {with_login(private.url, 'ada:p')}\n")
    locks(project)


def test_uv_index_tables_and_pins(project: Project, private: Index) -> None:
    """The project comes from the explicit index it is pinned to, the rest from the other one."""
    with Index() as public:
        public.add(Wheel("alpha", "9.0"))
        public.add(Wheel("beta", "9.0"))
        project.write(
            "pyproject.toml",
            f"""
            [tool.uv.sources]
            alpha = {{ index = "corp" }}
            [[tool.uv.index]]
            name = "corp"
            url = "{private.url}"
            explicit = true
            [[tool.uv.index]]
            url = "{public.url}"
            default = true
            """,
        )
        done = locks(project)
        assert 'version = "1.0"' in done.output
        assert 'version = "9.0"' in done.output


def test_no_credentials_names_the_index_and_what_to_do(project: Project, private: Index) -> None:
    private.admits = only(basic("ada", "p"))
    errors = is_refused(project, "--index-url", private.url)
    assert f"{private.url}alpha/" in errors
    assert "no credentials for it were found" in errors
    assert "hint" in errors


def test_an_expired_token_is_named_by_its_place(project: Project, private: Index) -> None:
    private.admits = only("Bearer new")
    errors = is_refused(
        project,
        "--default-index",
        f"corp={private.url}",
        FLOWSTONE_INDEX_CORP_TOKEN="canary-old",
    )
    assert "tried the token (FLOWSTONE_INDEX_CORP_TOKEN)" in errors
    assert "may have expired" in errors
    assert "canary" not in errors


def test_401_without_and_403_with_credentials(
    project: Project, private: Index, tmp_path: Path
) -> None:
    """Somebody whom the index knows, and who may not read it."""

    def admits(_path: str, headers: Mapping[str, str]) -> int:
        return 403 if headers.get("Authorization") else 401

    private.admits = admits
    write_keyring(tmp_path / "bin", private.url, "ada", "p")
    errors = is_refused(
        project,
        "--index-url",
        private.url,
        "--keyring-provider",
        "subprocess",
        PATH=f"{tmp_path / 'bin'}:{project.environment['PATH']}",
    )
    assert "(status 403); tried the credentials of ada (keyring)" in errors
    assert "may read this index" in errors


def test_a_refusal_does_not_fall_through_to_the_next_index(
    project: Project, private: Index
) -> None:
    private.admits = only(basic("ada", "p"))
    with Index() as public:
        public.add(Wheel("alpha", "6.6.6"))
        errors = is_refused(project, "--index", private.url, "--default-index", public.url)
        assert private.url in errors
        assert public.requests == []


def test_two_indexes_with_different_rights(project: Project, private: Index) -> None:
    private.admits = only(basic("ada", "a"))
    with Index() as other:
        other.add(Wheel("gamma", "1.0", requires=["alpha"]))
        other.admits = only("Bearer b")
        done = project.engine(
            "lock",
            "gamma",
            "-o",
            "-",
            "--index",
            f"one={with_login(private.url, 'ada:a')}",
            "--default-index",
            f"two={other.url}",
            FLOWSTONE_INDEX_TWO_TOKEN="b",
        )
        assert done.status == 0, done
        assert f'index = "{private.url}"' in done.output
        assert f'index = "{other.url}"' in done.output
        sent = {headers.get("Authorization") for headers in private.headers_seen}
        assert sent == {basic("ada", "a")}
        assert {headers.get("Authorization") for headers in other.headers_seen} == {"Bearer b"}


def test_credentials_stay_behind_on_a_redirect_to_another_origin(
    project: Project, private: Index
) -> None:
    private.admits = only(basic("ada", "p"))
    with Index() as elsewhere:
        stock(elsewhere)
        private.faults["/simple/*"] = Fault(
            status=302, headers={"Location": f"{elsewhere.url}alpha/"}
        )
        private.faults["/simple/beta/"] = Fault(
            status=302, headers={"Location": f"{elsewhere.url}beta/"}
        )
        private.faults = dict(reversed(private.faults.items()))
        locks(project, "--index-url", with_login(private.url, "ada:p"))
        assert elsewhere.requests
        assert all("Authorization" not in headers for headers in elsewhere.headers_seen)


@pytest.fixture
def encrypted(certificates: Certificates, project: Project) -> Iterator[Index]:
    use_no_other_configuration(project)
    with Index(tls=certificates.server_context()) as running:
        stock(running)
        yield running


def test_private_authority(
    project: Project, encrypted: Index, certificates: Certificates, tmp_path: Path
) -> None:
    done = project.engine("lock", "alpha", "-o", "-", "--index-url", encrypted.url)
    assert done.status == 1, done
    assert "certificate of 127.0.0.1 cannot be verified" in done.errors
    locks(project, "--index-url", encrypted.url, PIP_CERT=str(certificates.authority))
    fresh = {"FLOWSTONE_HOME": str(tmp_path / "other")}
    locks(project, "--index-url", encrypted.url, "--cert", str(certificates.authority), **fresh)
    fresh = {"FLOWSTONE_HOME": str(tmp_path / "third")}
    locks(project, "--index-url", encrypted.url, SSL_CERT_FILE=str(certificates.authority), **fresh)


def test_trusted_host(project: Project, encrypted: Index) -> None:
    locks(project, "--index-url", encrypted.url, "--trusted-host", "127.0.0.1")


def test_client_certificate(project: Project, certificates: Certificates) -> None:
    use_no_other_configuration(project)
    project.environment["PIP_CERT"] = str(certificates.authority)
    with Index(tls=certificates.server_context(wants_client=True)) as index:
        stock(index)
        done = project.engine("lock", "alpha", "-o", "-", "--index-url", index.url)
        assert done.status == 1, done
        assert index.requests == []
        locks(project, "--index-url", index.url, PIP_CLIENT_CERT=str(certificates.client))


def test_proxy_with_login(project: Project, private: Index) -> None:
    with Proxy("pat", "canary-proxy") as proxy:
        url = f"http://pat:canary-proxy@{proxy.address}"
        done = locks(project, "--index-url", private.url, PIP_PROXY=url)
        assert f"GET {private.url}alpha/" in proxy.requests
        assert "canary" not in done.output + done.errors


def test_proxy_tunnel_with_login(
    project: Project, encrypted: Index, certificates: Certificates
) -> None:
    project.environment["PIP_CERT"] = str(certificates.authority)
    with Proxy("pat", "p") as proxy:
        url = f"http://pat:p@{proxy.address}"
        locks(project, "--index-url", encrypted.url, HTTPS_PROXY=url)
        assert proxy.requests[0] == f"CONNECT {encrypted.origin.partition('://')[2]}"


def test_proxy_that_refuses(project: Project, private: Index) -> None:
    with Proxy("pat", "p") as proxy:
        done = project.engine(
            "lock",
            "alpha",
            "-o",
            "-",
            "--index-url",
            private.url,
            PIP_PROXY=f"http://pat:canary-wrong@{proxy.address}",
        )
        assert done.status == 1, done
        assert "the proxy wants credentials" in done.errors
        assert "canary" not in done.errors


def test_doctor_says_which_index_is_used_with_whose_credentials(
    project: Project, private: Index
) -> None:
    done = project.engine(
        "doctor",
        "--index",
        f"corp={with_login(private.url, 'ada:canary')}",
        PIP_INDEX_URL="https://index.example/simple/",
        UV_INDEX_STRATEGY="unsafe-best-match",
    )
    shown = private.url.replace("://", "://ada:****@")
    assert f"index corp {shown} from the command line, with the credentials of ada" in done.output
    assert "index https://index.example/simple/ from PIP_INDEX_URL, without" in done.output
    assert "strategy unsafe-best-match" in done.output
    assert "canary" not in done.output + done.errors
