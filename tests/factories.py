"""Small valid things to test with; name only what the test is about."""

from typing import Any

from samspil_schemas import (
    Buyer,
    CapabilityStatement,
    NeedPublished,
    NeedStatement,
    ProfilePublished,
    SupplierProfile,
)


def a_statement(**changes: Any) -> NeedStatement:
    values: dict[str, Any] = {
        "title": "Find leaks in drinking water pipes",
        "description": "A fifth of the water is lost under the streets. We want to know where, without digging.",
        "language": "en",
        "buyer": Buyer(id="buyer-1", name="Northby Sample Municipality", country="DK"),
        "cpv": ("90490000",),
        "regions": ("DK031",),
    }
    return NeedStatement(**(values | changes))


def a_need(need_id: str = "need-1", version: int = 1, **changes: Any) -> NeedPublished:
    return NeedPublished(need_id=need_id, version=version, statement=a_statement(**changes))


def a_profile(**changes: Any) -> SupplierProfile:
    values: dict[str, Any] = {
        "name": "Listen Sample Acoustics",
        "country": "DK",
        "regions": ("DK",),
        "cpv": ("90490000",),
        "capabilities": (
            CapabilityStatement(id="c1", text="We find leaks in water pipes by listening through hydrants.", language="en"),
        ),
    }
    return SupplierProfile(**(values | changes))


def a_published_profile(supplier_id: str = "supplier-1", version: int = 1, **changes: Any) -> ProfilePublished:
    return ProfilePublished(supplier_id=supplier_id, version=version, profile=a_profile(**changes))
