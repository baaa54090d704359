"""The hierarchies of CPV 2008 (Regulation (EC) 213/2008) and NUTS 2024, read off the codes themselves."""

_CPV_DIVISION_DIGITS = 2
_CPV_DIGITS = 8
_NUTS_COUNTRY_LETTERS = 2


def cpv_path(code: str) -> tuple[str, ...]:
    """The code and its ancestors, from the division down: 45233100 gives 45000000, 45200000, 45230000, 45233000, 45233100."""
    significant = max(len(code.rstrip("0")), _CPV_DIVISION_DIGITS)
    steps = (code[:digits].ljust(_CPV_DIGITS, "0") for digits in range(_CPV_DIVISION_DIGITS, significant + 1))
    return tuple(dict.fromkeys(steps))  # a zero in the middle of a code is no level of its own


def nuts_path(code: str) -> tuple[str, ...]:
    """The code and all regions that hold it, from the country down: DK031 gives DK, DK0, DK03, DK031."""
    return tuple(code[:length] for length in range(_NUTS_COUNTRY_LETTERS, len(code) + 1))


def shared_cpv_path(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The deepest path of codes that a code of one and a code of the other share; empty if they share no division."""
    paths = {path for code in other for path in cpv_path(code)}
    shared = (tuple(step for step in cpv_path(code) if step in paths) for code in one)
    return max(shared, key=lambda path: (len(path), path), default=())


def regions_meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """True if a region of one holds or lies within a region of the other; no region at all means anywhere."""
    if not one or not other:
        return True
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)
