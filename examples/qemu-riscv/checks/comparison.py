"""What the desktop program has printed in, what the image must print out."""

import json
import re
import zlib

from checks.programs import Wrong

# Around each number, which so stays as it came.
MARK = "\ue000"


def ended(name, program, code, said):
    """Has it ended with this code, having said so on stderr, each as often?"""
    if program.returncode != code:
        raise Wrong(f"{name} ended with {program.returncode}, not {code}: {program.stderr}")
    for words, times in said.items():
        if program.stderr.count(words) != times:
            raise Wrong(f"{name} did not say {words!r} {times} times: {program.stderr}")


def same(desktop, image):
    """How many events both have printed, each once and in order."""
    expected = [summary(line) for line in desktop.stdout.splitlines()]
    printed = [json.loads(line) for line in image.stdout.splitlines()]
    for place, (wants, has) in enumerate(zip(expected, printed)):
        if wants != has:
            raise Wrong(f"event {place} is {has} instead of {wants}")
    if len(expected) != len(printed):
        raise Wrong(f"{len(printed)} events instead of {len(expected)}: {image.stderr}")
    return len(expected)


def parsed(line):
    """An event, of which this is the JSON, with each number as it came."""
    number = lambda digits: MARK + digits + MARK
    return json.loads(line, parse_int=number, parse_float=number)


def text(line):
    """The text of an event's content."""
    return content(parsed(line))


def summary(line):
    """What the image must print of an event, of which this is the JSON."""
    event = parsed(line)
    run = event.get("run") or {}
    whole = content(event).encode()
    return {
        "type": event.get("type"),
        "event_id": event.get("event_id"),
        "run_id": run.get("run_id"),
        "status": run.get("status"),
        "content_bytes": len(whole),
        "content_crc32": zlib.crc32(whole),
    }


def content(event):
    """The text of a content that is a string; of any other its JSON, without whitespace and without an
    escape where none is needed, but with each number as it came."""
    value = (event.get("output") or {}).get("content")
    if value is None or isinstance(value, str):
        return value or ""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub(f'"{MARK}(.*?){MARK}"', r"\1", text)
