"""eForms notices (UBL 2.3 XML of Regulation (EU) 2019/1780) as need statements."""

from samspil.intake.eforms.chains import Chains
from samspil.intake.eforms.notice import is_eforms, read_notice
from samspil.intake.eforms.tree import XML_BYTES_MAX, parse

__all__ = ["XML_BYTES_MAX", "Chains", "is_eforms", "parse", "read_notice"]
