// The program that calls one hook of a build backend (PEP 517, PEP 660), for every Python from 3.8
// on. Its arguments are the file with the question and the file for the answer, both JSON, and the
// file that gets, behind what is in it already, what the hook and its children print.
#pragma once

#include <string_view>

namespace flowstone::build {

inline constexpr std::string_view kBackendScript = R"python(
import importlib
import json
import os
import sys
import traceback


class Unusable(Exception):
    """The project asks for a backend that is not there."""


def load_backend(question):
    root = os.getcwd()
    inside = [os.path.realpath(os.path.join(root, part)) for part in question["backend_path"]]
    sys.path[:0] = inside
    module_name, _, attributes = question["backend"].partition(":")
    try:
        backend = importlib.import_module(module_name)
    except ImportError as error:
        raise Unusable("the backend %s cannot be imported: %s" % (module_name, error))
    if inside:
        origin = os.path.realpath(getattr(backend, "__file__", None) or os.path.join(root, ".."))
        if not any(origin.startswith(part.rstrip(os.sep) + os.sep) for part in inside):
            raise Unusable("the backend %s is not in backend-path" % module_name)
    for attribute in filter(None, attributes.split(".")):
        try:
            backend = getattr(backend, attribute)
        except AttributeError:
            raise Unusable("the backend %s has no %s" % (module_name, attributes))
    return backend


def call(question):
    backend = load_backend(question)
    hook = getattr(backend, question["hook"], None)
    if hook is None:
        return {"missing": True}
    settings = question["config_settings"] or None
    if question["hook"].startswith("get_requires_for_build"):
        value = [str(requirement) for requirement in hook(settings)]
    else:
        value = str(hook(question["output"], settings))
    return {"value": value}


def print_into(path):
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def main():
    question_path, answer_path, output_path = sys.argv[1:]
    print_into(output_path)
    sys.argv = ["setup.py"]
    with open(question_path, encoding="utf-8") as stream:
        question = json.load(stream)
    print("== %s" % question["hook"])
    try:
        answer = call(question)
    except Unusable as error:
        answer = {"unusable": str(error)}
    except BaseException as error:
        print("== traceback")
        traceback.print_exc()
        answer = {"failed": "%s: %s" % (type(error).__name__, error)}
    with open(answer_path, "w", encoding="utf-8") as stream:
        json.dump(answer, stream)


main()
)python";

}  // namespace flowstone::build
