"""What is run as SQL is text that the code and the files beside it wrote; values go in as parameters only.

Followed backwards from every place that runs a statement: through variables, returned values and, where the
text is a parameter, every call of its function. What is not known to be written here is a finding.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("scrapers", "data_processors", "predictions", "shared", "orchestration", "deploy")
# The first argument of a method of these names is run as SQL, whatever it is a method of ...
RUN = ("rows", "run", "query", "execute", "executescript", "executemany")
# ... but for these, which run something else.
OTHERS = (
    *("asyncio", "subprocess", "gcloud", "self._gcloud", "systems", "self.systems", "reports", "queries"),
    *("Canary(", "Rollback("),
)
OTHER_METHODS = {"run.execute", "later.execute", "lifecycle.run"}
# What a spec declares, and the files of SQL beside it: pydantic lets nothing but identifiers through.
SPECS = {"TableSpec", "Column", "Check"}
DECLARED = {
    *("table", "guard", "name", "dataset", "partition", "key", "replace_by", "columns", "type"),
    *("column_names", "stable_columns", "sql", "expected_sql", "checks", "values"),
}
# What these return was in what they are given.
SAME_TEXT = {
    *("strip", "removesuffix", "split", "items", "values", "join", "format", "substitute", "replace"),
    *("read_text", "with_name"),
}
SAME_TEXT_FUNCTIONS = {"Template", "str", "sorted", "list", "tuple", "enumerate", "read_sql", "set"}
# File -> why what it runs is not followed.
WRITES_BY_ITSELF = {
    "deploy/local/bigquery/launcher.py": "is the emulator: statements of DuckDB over its own tables",
    "shared/warehouse/storage.py": "the Storage API has no parameters: test_storage.py tests its literals",
}


@dataclass(eq=False)
class Function:
    """A function: the file that it is in, whether it is a method, and the function around it."""

    path: str
    node: ast.FunctionDef
    of_class: bool
    around: "Function | None"

    @cached_property
    def parameters(self) -> dict[str, tuple[int | None, ast.arg, ast.expr | None]]:
        """Name -> its place in a call (None: by name only), itself, and its default."""
        arguments = self.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
        own = self.of_class and positional and positional[0].arg in ("self", "cls")
        placed = list(zip(positional, defaults, strict=True))[1 if own else 0 :]
        found = {arg.arg: (place, arg, default) for place, (arg, default) in enumerate(placed)}
        named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        return found | {arg.arg: (None, arg, default) for arg, default in named}

    @cached_property
    def bound(self) -> dict[str, list[ast.expr]]:
        """Name -> what is bound to it here; what a loop goes over stands for each turn's value."""
        found: dict[str, list[ast.expr]] = defaultdict(list)
        for node in ast.walk(self.node):
            for target, value in _bindings(node):
                for name in names_in(target):
                    found[name].append(value)
        return found

    @property
    def returned(self) -> list[ast.expr]:
        return [node.value for node in ast.walk(self.node) if isinstance(node, ast.Return) and node.value]


def _is_text_to_run(node: ast.Assign | ast.keyword) -> bool:
    name = node.arg if isinstance(node, ast.keyword) else getattr(node.targets[0], "attr", "")
    return name in ("view_query", "row_restriction")


def _makes_dataclass(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).startswith("dataclass")


def _bindings(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            yield from zip(targets, values, strict=True)
        case ast.Assign(targets=targets, value=value):
            yield from ((target, value) for target in targets)
        case ast.AnnAssign(target=target, value=value) if value:
            yield target, value
        case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
            yield target, value
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            yield target, value
        case ast.Call(func=ast.Attribute(value=ast.Name() as target, attr=method), args=values):
            if method in ("append", "extend", "insert", "add", "update"):
                yield from ((target, value) for value in values)


def _bound_outside_functions(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef):
            yield from _bindings(child)
            yield from _bound_outside_functions(child)


def names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


class Code:
    """Every function, call, constant and import of some files."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.functions: dict[str, list[Function]] = defaultdict(list)
        self.calls: dict[str, list[tuple[str, ast.Call]]] = defaultdict(list)
        self.assigned: list[tuple[str, ast.expr]] = []
        self.constants: dict[tuple[str, str], list[ast.expr]] = defaultdict(list)
        self.imports: dict[tuple[str, str], tuple[str, str]] = {}
        self.fields: dict[str, dict[str, ast.expr]] = {}
        self.inside: dict[ast.AST, Function] = {}
        for path, text in files.items():
            tree = ast.parse(text)
            for target, value in _bound_outside_functions(tree):
                for name in names_in(target):
                    self.constants[path, name].append(value)
            self._read(path, tree, None, False)

    def _read(self, path: str, node: ast.AST, function: Function | None, in_class: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if function:
                self.inside[child] = function
            if isinstance(child, ast.FunctionDef):
                own = Function(path, child, in_class, function)
                self.functions[child.name].append(own)
                self._read(path, child, own, False)
                continue
            if isinstance(child, ast.ClassDef) and any(map(_makes_dataclass, child.decorator_list)):
                self.fields[child.name] = {
                    each.target.id: each.annotation
                    for each in child.body
                    if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
                }
            if isinstance(child, ast.ImportFrom) and child.module:
                for alias in child.names:
                    where = child.module.replace(".", "/") + ".py"
                    self.imports[path, alias.asname or alias.name] = where, alias.name
            elif isinstance(child, ast.Call):
                called = child.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                self.calls[name].append((path, child))
            elif isinstance(child, ast.Assign | ast.keyword) and _is_text_to_run(child):
                self.assigned.append((path, child.value))
            self._read(path, child, function, isinstance(child, ast.ClassDef))


class Search:
    """Looks for text of unknown origin in what is run."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.code, self.findings, self.looked_at = Code(files), set[str](), 0
        self._followed: set[object] = set()
        run = [pair for name in RUN for pair in self.code.calls[name] if _is_run(*pair)]
        assigned = [pair for pair in self.code.assigned if pair[0] not in WRITES_BY_ITSELF]
        for path, node in [*assigned, *((path, _argument(call, 0, "sql")) for path, call in run)]:
            self.looked_at += 1
            self._follow(path, node)

    def _all(self, path: str, nodes: Iterable[ast.expr | None]) -> None:
        for node in nodes:
            self._follow(path, node)

    def _find(self, path: str, node: ast.AST) -> None:
        self.findings.add(f"{path}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)[:90]}")

    def _follow(self, path: str, node: ast.expr | None) -> None:
        match node:
            case None | ast.Constant():
                pass
            case ast.JoinedStr(values=parts):
                self._all(path, [part.value for part in parts if isinstance(part, ast.FormattedValue)])
            case ast.BinOp(left=left, op=ast.Add() | ast.Mult(), right=right):
                self._all(path, [left, right])
            case ast.IfExp(body=one, orelse=other) | ast.DictComp(key=one, value=other):
                self._all(path, [one, other])
            case (
                ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts)
            ):
                self._all(path, parts)
            case ast.Dict(keys=keys, values=values):
                self._all(path, [*keys, *values])
            case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part) | ast.SetComp(elt=part):
                self._follow(path, part)
            case ast.Subscript(value=part) | ast.Starred(value=part) | ast.UnaryOp(operand=part):
                self._follow(path, part)
            case ast.Attribute(value=owner, attr=name):
                declared = name in DECLARED and self._is_one_of(SPECS, path, owner)
                if holder := self._holder(path, owner, name):
                    self._follow_field(holder, name)
                elif not declared and ast.unparse(node) != "uuid.uuid4().hex":
                    self._find(path, node)
            case ast.Call(func=called):
                self._follow_call(path, node, called)
            case ast.Name(id=name):
                self._follow_name(path, node, name)
            case _:
                self._find(path, node)

    def _follow_call(self, path: str, call: ast.Call, called: ast.expr) -> None:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        method = called.attr if isinstance(called, ast.Attribute) else ""
        owner = called.value if isinstance(called, ast.Attribute) else None
        if ast.unparse(call) == "Path(__file__)" or (
            owner and method in DECLARED and self._is_one_of(SPECS, path, owner)
        ):
            return
        if ast.unparse(called) in self.code.fields:
            return  # an object, whose fields are followed where they are read
        if method in SAME_TEXT or ast.unparse(called) in SAME_TEXT_FUNCTIONS:
            self._all(path, [owner, *given])
        else:
            self._follow_returned(path, call)

    def _follow_returned(self, path: str, call: ast.Call) -> None:
        """What one of our functions returns; what that is made of is followed to its calls."""
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        where, original = self.code.imports.get((path, name), (path, name))
        found = [f for f in self.code.functions[original] if f.path == where and not f.of_class]
        if not found or where in WRITES_BY_ITSELF:
            self._find(path, call)
        for function in found:
            self._once(function, function.path, function.returned)

    def _follow_name(self, path: str, node: ast.Name, name: str) -> None:
        function = self.code.inside.get(node)
        while function:
            if name in function.parameters:
                self._follow_parameter(function, name)
            if name in function.parameters or name in function.bound:
                self._once((function, name), path, function.bound[name])
                return
            function = function.around
        where, original = self.code.imports.get((path, name), (path, name))
        values = self.code.constants.get((where, original))
        if values is None:
            self._find(path, node)
        else:
            self._once((where, original), where, values)

    def _holder(self, path: str, owner: ast.expr, name: str) -> str | None:
        """The dataclass with a field of the name that the owner is of; None when it is of none."""
        classes = [each for each, fields in self.code.fields.items() if name in fields]
        return next((each for each in classes if self._is_one_of({each}, path, owner)), None)

    def _follow_field(self, holder: str, name: str) -> None:
        """What every construction of a dataclass gives a field."""
        place = list(self.code.fields[holder]).index(name)
        for path, call in self.code.calls[holder]:
            if any(isinstance(each, ast.Starred) for each in call.args):
                self._find(path, call)
            else:
                self._once((holder, name, call), path, filter(None, [_argument(call, place, name)]))

    def _follow_parameter(self, function: Function, name: str) -> None:
        """What every call of a function of the name gives it."""
        if ("parameter", function, name) in self._followed:
            return
        self._followed.add(("parameter", function, name))
        place, _, default = function.parameters[name]
        calls = [pair for pair in self.code.calls[function.node.name] if self._may_call(function, *pair)]
        if not calls:
            self._find(function.path, function.node.args)
        for path, call in calls:
            self._follow(path, _argument(call, place, name) or default)

    def _may_call(self, function: Function, path: str, call: ast.Call) -> bool:
        """Whether the call may be of this function and not of another of its name."""
        if function.of_class:
            return isinstance(call.func, ast.Attribute) and (call.func.attr not in RUN or _is_run(path, call))
        if isinstance(call.func, ast.Name):
            name = call.func.id
            return self.code.imports.get((path, name), (path, name)) == (function.path, function.node.name)
        folder, module = self.code.imports.get((path, ast.unparse(call.func.value)), ("", ""))  # type: ignore[attr-defined]
        return f"{folder.removesuffix('.py')}/{module}.py" == function.path

    def _once(self, mark: object, path: str, nodes: Iterable[ast.expr]) -> None:
        if mark not in self._followed:
            self._followed.add(mark)
            self._all(path, nodes)

    def _is_one_of(self, classes: set[str], path: str, node: ast.expr) -> bool:
        """Whether it is an object of some classes, or one of several, or a part of one."""
        match node:
            case ast.Call(func=ast.Name(id="enumerate" | "list"), args=[each]):
                return self._is_one_of(classes, path, each)
            case ast.Call(func=ast.Name(id=name)):
                where = self.code.imports.get((path, name), (path, name))
                made = [f.node.returns for f in self.code.functions[where[1]] if f.path == where[0]]
                return any(returned and classes & names_in(returned) for returned in made)
            case ast.Attribute(value=owner, attr=name) if holder := self._holder(path, owner, name):
                return bool(classes & names_in(self.code.fields[holder][name]))
            case ast.Call(func=ast.Attribute(value=owner)) | ast.Attribute(value=owner):
                return self._is_one_of(classes, path, owner)
            case ast.Subscript(value=owner):
                return self._is_one_of(classes, path, owner)
            case ast.Name(id=name):
                function = self.code.inside.get(node)
                if function is None:
                    return False
                if name in function.parameters:
                    annotation = function.parameters[name][1].annotation
                    return bool(annotation and classes & names_in(annotation))
                bound = function.bound.get(name, [])
                return bool(bound) and all(self._is_one_of(classes, path, each) for each in bound)
        return False


def _argument(call: ast.Call, place: int | None, name: str) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == name]
    if named or place is None or place >= len(call.args):
        return named[0] if named else None
    return call.args[place]


def _is_run(path: str, call: ast.Call) -> bool:
    if path in WRITES_BY_ITSELF or not isinstance(call.func, ast.Attribute):
        return False
    told = ast.unparse(call.func.value)
    return not told.startswith(OTHERS) and f"{told}.{call.func.attr}" not in OTHER_METHODS


@pytest.fixture(scope="module")
def search() -> Search:
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return Search({str(path.relative_to(ROOT)): path.read_text() for path in paths})


def test_no_value_is_written_into_what_is_run(search: Search) -> None:
    assert sorted(search.findings) == []
    assert search.looked_at > 60


WAREHOUSE = "class Warehouse:\n    def rows(self, sql): return self.client.query(sql)\n"
GOOD = """
TEXT = Path(__file__).with_name("query.sql").read_text()
NAMED = Template("SELECT $columns FROM $table")
def made(spec: TableSpec) -> str:
    return NAMED.substitute(table=spec.table, columns=", ".join(name for name in spec.column_names()))
def asked(w, spec: TableSpec, day, where: list[str]):
    w.rows(TEXT, day=day)
    w.rows(made(spec), day=day)
    w.rows("SELECT 1 WHERE " + " AND ".join(where), day=day)
def route(w, day):
    asked(w, spec_of("games"), day, ["day = @day", *(c for c in CONDITIONS.values())])
CONDITIONS = {"player": "player = @player"}
"""
BAD = {
    "a parameter": "def f(w, name):\n    w.rows(name)\nf(1, request.args['q'])",
    "an f-string": "def f(w):\n    w.rows(f'SELECT {g()}')",
    "a percent": "def f(w, day):\n    w.rows('SELECT %s' % day)\nf(1, 2)",
    "a template": "def f(w):\n    w.rows(Template('SELECT $x').substitute(x=request.path))",
    "in two steps": "def f(w):\n    sql = 'SELECT 1'\n    sql += request.path\n    w.rows(sql)",
    "by another function": "def g():\n    return request.path\ndef f(w):\n    w.rows('SELECT ' + g())",
    "by name": "def f(w, *, where='TRUE'):\n    w.rows('SELECT ' + where)\nf(1, where=request.path)",
    "in a list": "def f(w, given):\n    w.rows(' '.join(['SELECT', *given]))\nf(1, request.args)",
    "put into a list": "def f(w):\n    parts = []\n    parts.append(g())\n    w.rows(' '.join(parts))",
    "of what is no spec": "def f(w, row: Row):\n    w.rows('SELECT * FROM ' + row.table)\nf(1, 2)",
    "where rows are restricted": "w.rows('SELECT 1')\nf(row_restriction='day = ' + request.path)",
    "in a field": "@dataclass\nclass Part:\n    sql: str\n"
    "def f(w, part: Part):\n    w.rows(part.sql)\nf(1, Part(request.path))",
    "called by nobody": "def f(w, name):\n    w.rows(name)",
}


def test_what_is_made_of_files_and_identifiers_is_found_good() -> None:
    assert Search({"warehouse.py": WAREHOUSE, "good.py": GOOD}).findings == set()


@pytest.mark.parametrize("case", BAD)
def test_a_value_in_a_statement_is_found(case: str) -> None:
    found = Search({"warehouse.py": WAREHOUSE, "bad.py": BAD[case]}).findings
    assert [each.partition(":")[0] for each in found] == ["bad.py"]
