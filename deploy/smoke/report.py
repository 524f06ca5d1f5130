"""A smoke test's result: a table to read, and JUnit's XML for what collects results."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from rich.table import Table

from deploy.smoke.checks import Check


def failures(checks: Sequence[Check]) -> list[Check]:
    """Those that found something wrong."""
    return [check for check in checks if check.problem]


def table(checks: Sequence[Check]) -> Table:
    """One row a service, and one for each failure below."""
    shown = Table(title=f"smoke: {len(checks)} checks, {len(failures(checks))} failed")
    for name in ("service", "checks", "failed", "seconds", "what failed"):
        shown.add_column(name, justify="left" if name in ("service", "what failed") else "right")
    for service in dict.fromkeys(check.service for check in checks):
        own = [check for check in checks if check.service == service]
        failed = failures(own)
        seconds = f"{sum(check.seconds for check in own):.1f}"
        shown.add_row(service, str(len(own)), str(len(failed)), seconds, "" if failed else "nothing")
        for check in failed:
            shown.add_row("", "", "", "", f"{check.name}: {check.problem}")
    return shown


def write_junit(checks: Sequence[Check], path: Path) -> None:
    """Writes the checks as a JUnit file with one suite a service."""
    root = ElementTree.Element("testsuites", name="smoke")
    for service in dict.fromkeys(check.service for check in checks):
        own = [check for check in checks if check.service == service]
        about = {"name": service, "tests": str(len(own)), "failures": str(len(failures(own)))}
        suite = ElementTree.SubElement(root, "testsuite", about)
        for check in own:
            attributes = {"classname": f"smoke.{service}", "name": check.name, "time": f"{check.seconds:.3f}"}
            case = ElementTree.SubElement(suite, "testcase", attributes)
            if check.problem:
                ElementTree.SubElement(case, "failure", message=check.problem)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
