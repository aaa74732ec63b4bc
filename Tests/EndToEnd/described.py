"""The OpenAPI description as a judge of answers: status, type, fields of the head and body must be as it says."""

import json
import re

import jsonschema
from referencing import Registry
from referencing.jsonschema import DRAFT202012

URI = "urn:description"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
FORMATS = jsonschema.FormatChecker(formats=[])
FORMATS.checks("date-time")(lambda text: not isinstance(text, str) or bool(MOMENT.fullmatch(text)))
METHODS = ("get", "post", "delete", "put", "patch", "head", "options", "trace")


class Description:
    """An OpenAPI document."""

    def __init__(self, document):
        self.document = document
        self.registry = Registry().with_resource(URI, DRAFT202012.create_resource(document))
        self.seen = set()  # what answers have been judged: (method, path, status, code)

    def operations(self):
        """(method, path, operation) of each."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                if method in METHODS:
                    yield method, path, operation

    def at(self, pointer):
        """What stands there, with its true place where that is a reference."""
        value = self.document
        for part in pointer:
            value = value[part]
        if isinstance(value, dict) and "$ref" in value:
            return self.at(value["$ref"].split("/")[1:])
        return pointer, value

    def errors_of(self, pointer, value):
        """What a schema says against a value."""
        escaped = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in pointer)
        schema = {"$ref": f"{URI}#/{escaped}"}
        validator = jsonschema.Draft202012Validator(schema, registry=self.registry, format_checker=FORMATS)
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]

    def place_of(self, path):
        """The described path that an asked one is."""
        path = path.split("?")[0]
        if path in self.document["paths"]:
            return path
        for known in self.document["paths"]:
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path):
                return known
        raise AssertionError(f"{path} is not described")

    def judge(self, method, path, answer):
        """Asserts that an answer is as described; returns it."""
        place = self.place_of(path)
        what = f"{method} {path}: {answer.status} {answer.body[:500]!r}"
        # Another method than those of the path is described by all of them.
        known = method.lower() if method.lower() in self.document["paths"][place] else "get"
        if known not in self.document["paths"][place]:
            known = next(name for name in METHODS if name in self.document["paths"][place])
        responses = ["paths", place, known, "responses"]
        assert str(answer.status) in self.at(responses)[1], what
        pointer, response = self.at([*responses, str(answer.status)])
        for name in response.get("headers", {}):
            where, header = self.at([*pointer, "headers", name])
            assert name.lower() in answer.headers or not header.get("required"), f"{name} is missing: {what}"
            if name.lower() in answer.headers:
                assert not self.errors_of([*where, "schema"], answer.headers[name.lower()]), what
        self.seen.add((method, place, answer.status, None))
        if "content" not in response:
            assert not answer.body, what
            return answer
        kind = answer.headers["content-type"].split(";")[0]
        assert kind in response["content"], f"{kind}: {what}"
        if kind == "application/json" and method != "HEAD":
            assert answer.headers["content-type"] == "application/json; charset=utf-8"
            value = json.loads(answer.body)
            problems = self.errors_of([*pointer, "content", kind, "schema"], value)
            assert not problems, f"{problems}: {what}"
            if answer.status >= 400:
                self.seen.add((method, place, answer.status, value["error"]))
        return answer
