"""Which strings of a library can only ever reach the sentence of an error: no product depends on them.

Every use of a name and every string lies in a *place*: ``True`` (in what is said to the user), ``False`` (anywhere else), or a
symbol, that is the variable, parameter or result that it flows into, and then it counts as that one does. A symbol of which one
use lies elsewhere is struck out with all that flows into it; strings of what is left are words. What is not understood counts
as elsewhere: the answer errs to the safe side."""

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from musicologist.workflow import syntax

ERRORS = "core.errors"  # the module of the library that holds nothing but UserError and what words its sentences

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Place = str | bool
_SAYINGS = {"UserError", "suggest", "place_of"}  # defined there
_RAISED = re.compile(r"(Error|Exception|Exit)$")
_WORDING = (ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.BoolOp, ast.List, ast.Tuple, ast.Set, ast.Starred)
_TEXT_METHODS = {"join", "format", "split", "splitlines", "strip", "rstrip", "lower", "upper", "capitalize"}
_TEXT_FUNCTIONS = (":str", ":repr", ":sorted", ":list", ":tuple")


@dataclass(frozen=True)
class _Module:
    name: str
    functions: Mapping[str, _Function]  # by name, methods as Class.method
    aliases: Mapping[str, str]  # bound name: dotted name of a module or of what stands in one; empty where ambiguous


def is_errors(module: str) -> bool:
    """Whether a dotted name is that of the module of errors."""
    return module == ERRORS or module.endswith(f".{ERRORS}")


def is_saying(node: ast.AST) -> bool:
    """Whether this is a call that words an error: all its arguments are words."""
    return isinstance(node, ast.Call) and _last(node.func) in _SAYINGS


def words(trees: Mapping[str, ast.Module]) -> set[ast.Constant]:
    """The string constants in the syntax trees of a library, by dotted name of the module, that are only words of errors.

    Arguments of what ``is_saying`` are left out: they are words as a whole.
    """
    modules = {name: _Module(name, dict(_functions(tree)), _aliases(tree, trees)) for name, tree in trees.items()}
    flow = _Flow(modules)
    for name, tree in trees.items():
        _Reader(modules[name], flow).elsewhere(tree)
    return flow.words()


def _functions(tree: ast.Module) -> Iterator[tuple[str, _Function]]:
    for node in tree.body:
        if isinstance(node, _Function):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{part.name}", part) for part in node.body if isinstance(part, _Function))


def _aliases(tree: ast.Module, known: Mapping[str, ast.Module]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in syntax.statements(tree):
        if isinstance(node, ast.Import):
            bound = [(alias.asname, alias.name) for alias in node.names if alias.asname]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            bound = [(alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names]
        else:
            continue
        for name, target in bound:
            found[name] = target if found.get(name, target) == target else ""
    return found


class _Flow:
    """What flows where, over all modules."""

    def __init__(self, modules: Mapping[str, _Module]) -> None:
        self.modules = modules
        self.places: defaultdict[str, list[_Place]] = defaultdict(list)  # of each symbol's uses
        self.strings: list[tuple[ast.Constant, _Place]] = []
        methods = Counter(name.partition(".")[2] for module in modules.values() for name in module.functions)
        self.unique = {method for method, number in methods.items() if number == 1}

    def words(self) -> set[ast.Constant]:
        """The strings that flow nowhere but into what is said."""
        into = defaultdict(list)
        for symbol, places in self.places.items():
            for place in places:
                into[place].append(symbol)
        # what a module defines and nothing here names may be found by another way (getattr)
        named = {*into, *(place for _, place in self.strings)}
        elsewhere = {False, *(one for one in named if str(one).count(":") == 1 and one not in self.places)}
        todo = list(elsewhere)
        while todo:
            for symbol in into[todo.pop()]:
                if symbol not in elsewhere:
                    elsewhere.add(symbol)
                    todo.append(symbol)
        return {node for node, place in self.strings if place not in elsewhere}

    def symbol(self, module: str, name: str) -> str:
        """A name of a module, as the module calls it that defines it."""
        known = self.modules[module].aliases if module in self.modules else {}
        origin, _, attribute = known.get(name, "").rpartition(".")
        return self.symbol(origin, attribute) if origin and origin != module else f"{module}:{name}"


class _Reader:
    """Reads one module into the flow."""

    def __init__(self, module: _Module, flow: _Flow) -> None:
        self.module, self.flow = module, flow
        self.scope, self.locals = "", frozenset[str]()  # of the outermost function
        self.kind = ""  # the symbol of what the function returns

    def statement(self, node: ast.AST, owner: str = "") -> None:
        """``owner`` is the class in whose body the statement stands."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.function(node, owner)
            case ast.ClassDef():
                for part in syntax.children(node):
                    self.statement(part, node.name)
            case ast.Assign(targets=[target]) if not owner:
                self.bind(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value) | ast.AugAssign(value=value) if not owner:
                self.bind(node.target, value)
            case ast.For(iter=ast.Tuple(elts=items) | ast.List(elts=items)):
                for item in items:
                    self.bind(node.target, item)
                for part in [*node.body, *node.orelse]:
                    self.statement(part)
            case ast.Return(value=ast.expr() as value):
                self.expression(value, self.kind or False)
            case ast.Raise(exc=ast.Call() as call) if _RAISED.search(_last(call.func)) and not is_saying(call):
                for part in [*call.args, *(keyword.value for keyword in call.keywords)]:
                    self.expression(part, True)
                self.elsewhere(call.func)
                self.elsewhere(node.cause)
            case _:
                self.elsewhere(node, owner)

    def function(self, node: _Function, owner: str) -> None:
        outer = self.scope, self.locals, self.kind
        scope = self.scope or (f"{owner}.{node.name}" if owner else node.name)
        arguments = [*node.args.posonlyargs, *node.args.args]
        with_default = [*arguments[len(arguments) - len(node.args.defaults) :], *node.args.kwonlyargs]
        for argument, default in zip(with_default, [*node.args.defaults, *node.args.kw_defaults], strict=True):
            if default is not None:
                self.expression(default, f"{self.module.name}:{scope}:{argument.arg}")
        for decorator in node.decorator_list:
            self.elsewhere(decorator)
        plain = not (self.scope or owner or node.decorator_list)
        self.kind = f"{self.module.name}:{node.name}()" if plain else ""
        if not self.scope:
            self.scope, self.locals = scope, _bound(node)
        for statement in node.body:
            self.statement(statement)
        self.scope, self.locals, self.kind = outer

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        """``target = value``, also of a tuple to a tuple."""
        if isinstance(target, ast.Name):
            self.expression(value, self.symbol(target.id))
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            for one, part in zip(target.elts, value.elts, strict=True):
                self.bind(one, part)
        else:
            self.elsewhere(target)
            self.expression(value, False)

    def elsewhere(self, node: ast.AST | None, owner: str = "") -> None:
        """A node of which nothing is known: statements in it are read as such, expressions as used."""
        if isinstance(node, ast.expr):
            self.expression(node, False)
            return
        for child in syntax.children(node) if node is not None else ():
            self.statement(child, owner) if isinstance(child, ast.stmt) else self.elsewhere(child, owner)

    def expression(self, node: ast.expr, place: _Place) -> None:
        match node:
            case ast.Constant(value=str()):
                self.flow.strings.append((node, place))
            case ast.Name(ctx=ast.Load()) | ast.Attribute() if symbol := self.named(node):
                self.use(symbol, place)
                self.use(f"{symbol}()", False)
            case ast.Attribute():
                self.expression(node.value, place)
            case ast.IfExp():
                self.expression(node.test, False)
                self.expression(node.body, place)
                self.expression(node.orelse, place)
            case ast.Subscript():
                self.expression(node.value, place)
                self.expression(node.slice, False)
            case ast.Call():
                self.call(node, place)
            case ast.ListComp() | ast.GeneratorExp():
                self.expression(node.elt, place)
                for part in node.generators:
                    self.elsewhere(part)
            case _:
                inner = place if isinstance(node, _WORDING) else False
                for child in syntax.children(node):
                    self.expression(child, inner) if isinstance(child, ast.expr) else self.elsewhere(child)

    def call(self, node: ast.Call, place: _Place) -> None:
        callee = self.named(node.func)
        if is_saying(node):
            for symbol in filter(None, map(self.named, syntax.below(node))):
                self.use(symbol, True)
                self.use(f"{symbol}()", True)
            return
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if callee:
            self.use(f"{callee}()", place)
            self.use(callee, False)
        else:
            self.expression(node.func, place if method in _TEXT_METHODS else False)
        module, _, name = callee.partition(":")
        other: _Place = False
        function = self.flow.modules[module].functions.get(name) if module in self.flow.modules else None
        if function is not None:
            into = _parameters(node, function, f"{module}:{name}", "." in name)
        elif method in _TEXT_METHODS or callee.endswith(_TEXT_FUNCTIONS):
            into, other = {}, place
        else:
            into, other = {}, _is_said(node, method)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self.expression(argument, into.get(argument, other))

    def named(self, node: ast.AST) -> str:
        """The symbol of a name, of ``module.name``, or of ``self.method`` where the method's name is unique; or nothing."""
        if isinstance(node, ast.Name):
            return self.symbol(node.id)
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return ""
        if node.value.id == "self":
            name = f"{self.scope.partition('.')[0]}.{node.attr}"
            known = node.attr in self.flow.unique and name in self.module.functions
            return f"{self.module.name}:{name}" if known else ""
        target = self.module.aliases.get(node.value.id, "") if node.value.id not in self.locals else ""
        return self.flow.symbol(target, node.attr) if target in self.flow.modules else ""

    def symbol(self, name: str) -> str:
        if name in self.locals:
            return f"{self.module.name}:{self.scope}:{name}"
        return self.flow.symbol(self.module.name, name)

    def use(self, symbol: str, place: _Place) -> None:
        self.flow.places[symbol].append(place)


def _parameters(call: ast.Call, function: _Function, symbol: str, is_method: bool) -> dict[ast.expr, _Place]:
    """Into which parameter each argument goes."""
    positional = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]][is_method:]
    starred = next((i for i, part in enumerate(call.args) if isinstance(part, ast.Starred)), len(call.args))
    known = {*positional, *(argument.arg for argument in function.args.kwonlyargs)}
    named = [(keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg in known]
    given = [*zip(positional, call.args[:starred], strict=False), *named]
    return {value: f"{symbol}:{name}" for name, value in given}


def _is_said(call: ast.Call, method: str) -> bool:
    """``print(…, file=sys.stderr)`` and ``parser.error(…)``."""
    if method == "error":
        return ast.unparse(call.func) == "parser.error"
    to = [keyword.value for keyword in call.keywords if keyword.arg == "file"]
    return _last(call.func) == "print" and bool(to) and ast.unparse(to[0]) == "sys.stderr"


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _bound(function: _Function) -> frozenset[str]:
    """Names that a function or one inside it binds, but for what is imported or global."""
    names, outside = set(), set()
    for node in syntax.below(function):
        if isinstance(node, ast.Global):
            outside.update(node.names)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, _Function | ast.ClassDef | ast.ExceptHandler) and node is not function and node.name:
            names.add(node.name)
    return frozenset(names - outside)
