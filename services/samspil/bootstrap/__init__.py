"""The one composition root: settings become parts, parts become a process."""

from samspil.bootstrap.accounting import Standing, until_settled
from samspil.bootstrap.api import Api, opened_api
from samspil.bootstrap.asking import ANSWERS_MAX, Answer, ask_codes, ask_match, ask_similar, ask_teams
from samspil.bootstrap.auditing import Audited, audit_ledgers
from samspil.bootstrap.doctor import Finding, check_installation
from samspil.bootstrap.parts import log_where_there_is_a_place, opened_record, seen_record, start_logging
from samspil.bootstrap.playing import Folded, fold_sample
from samspil.bootstrap.process import ALL_SERVICES, Running, opened_admin, prepare, running, settle
from samspil.bootstrap.sample import SampleSize, load_sample, sample_size
from samspil.settings import Settings

__all__ = [
    "ALL_SERVICES",
    "ANSWERS_MAX",
    "Answer",
    "Api",
    "Audited",
    "Finding",
    "Folded",
    "Running",
    "SampleSize",
    "Settings",
    "Standing",
    "ask_codes",
    "ask_match",
    "ask_similar",
    "ask_teams",
    "audit_ledgers",
    "check_installation",
    "fold_sample",
    "load_sample",
    "log_where_there_is_a_place",
    "opened_admin",
    "opened_api",
    "opened_record",
    "prepare",
    "running",
    "sample_size",
    "seen_record",
    "settle",
    "start_logging",
    "until_settled",
]
