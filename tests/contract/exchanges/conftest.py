"""The stand-ins load models in the background; an interpreter that ends meanwhile would abort."""

from tests.contract.sandbox.conftest import background_work_ends

__all__ = ["background_work_ends"]
