#!/usr/bin/env python3
"""Validates the messages that sessions are sent against the published JSON Schemas."""

import json
import os
import subprocess
import unittest
from pathlib import Path

import jsonschema

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schema"


def validator(kind):
    schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


class Messages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        program = Path(os.environ["KYMO_BIN"]) / "stream_messages_print"
        told = subprocess.run([program], check=True, capture_output=True, timeout=60).stdout.decode("utf-8")
        cls.messages = [json.loads(line) for line in told.splitlines()]
        cls.validators = {kind: validator(kind) for kind in ("metrics", "status", "end")}

    def test_each_is_as_its_schema_says(self):
        for message in self.messages:
            self.validators[message["type"]].validate(message)

    def test_every_kind_and_state_occurs(self):
        """So that the test above has seen all of what there is."""
        seen = {message.get("state") or message.get("degrade", {}).get("level") for message in self.messages}
        levels = {"NORMAL", "WARNING", "DEGRADE", "EMERGENCY", "FAILOVER"}
        self.assertEqual(seen, {None, "buffering", "overloaded"} | levels)
        self.assertEqual(sum(message["type"] == "metrics" for message in self.messages), 240)
        ends = {message["session_id"]: message["age_seconds"] for message in self.messages if message["type"] == "end"}
        self.assertEqual(ends, {"bob": ends.get("bob"), 'anna "\\\n\x01\ufffd\u00e9': 121})
        idle = {message["source"]: message for message in self.messages if message.get("idle")}
        self.assertEqual(list(idle), ["speaker"])
        self.assertIsNone(idle["speaker"]["realtime_factor"])
        causes = {cause for message in self.messages for cause in message.get("degrade", {}).get("causes", ())}
        self.assertEqual(causes, {"realtime_factor", "fill", "drops"})
        self.assertTrue(any("traceparent" in message for message in self.messages))
        self.assertTrue(any("traceparent" not in message for message in self.messages))

    def test_every_field_of_the_schemas_occurs(self):
        for kind, schema in self.validators.items():
            fields = set().union(*(message for message in self.messages if message["type"] == kind))
            self.assertEqual(fields, set(schema.schema["properties"]))

    def test_the_schemas_refuse_what_is_wrong(self):
        good = next(message for message in self.messages if message["type"] == "metrics" and "degrade" in message)
        for wrong in ({"queue_depth": -1}, {"queue_depth": "1"}, {"degrade": {"level": "BAD"}}, {"new": 1}, {"session_id": None}):
            with self.assertRaises(jsonschema.ValidationError):
                self.validators["metrics"].validate({**good, **wrong})


if __name__ == "__main__":
    unittest.main()
