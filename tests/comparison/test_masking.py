import pytest

from conformance.comparison.masking import Names, precision, shape_of, zones

UUID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
OTHER = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"


def test_what_an_instance_makes_up_is_taken_out():
    shape = shape_of(f'model 12 of "{UUID}" since 2026-01-02T03:04:05.120+00:00 is {"ab" * 32}')
    assert shape.rest == ('model <number> of "<uuid>" since <time to 3 digits, +00:00> is <64 lower-case hex digits>')
    assert shape.tokens == (("number", "12"), ("uuid", UUID), ("digest", "ab" * 32))


@pytest.mark.parametrize(
    ("text", "digits", "zone"),
    [
        ("2026-01-02T03:04:05Z", 0, "Z"),
        ("2026-01-02 03:04:05.1", 3, "no zone"),
        ("2026-01-02T03:04:05.1234+01:00", 6, "+01:00"),
        ("2026-01-02T03:04:05.123456789-0500", 9, "-0500"),
    ],
    ids=["seconds", "milliseconds", "microseconds", "nanoseconds"],
)
def test_how_a_time_is_written_stays(text, digits, zone):
    rest = shape_of(text).rest
    assert precision([rest]) == digits
    assert zones(rest) == [zone]
    assert shape_of(text).timeless == "<time>"


def test_upper_case_hex_is_told_from_lower_case():
    assert shape_of("AB" * 32).rest != shape_of("ab" * 32).rest


def test_uuids_are_the_same_where_one_always_stands_for_the_other():
    names = Names()
    names.note("list id", "uuid", UUID, OTHER)
    assert names.same("uuid", UUID, OTHER, set())
    names.note("list id", "uuid", UUID, UUID)
    assert not names.same("uuid", UUID, OTHER, set())


def test_a_digest_of_what_the_run_uploaded_is_not_the_instances_own():
    names = Names()
    sent, other = "ab" * 32, "cd" * 32
    names.note("list sha", "digest", other, sent)
    assert names.same("digest", other, sent, set())
    names.note_sent([sent], [sent])
    assert not names.same("digest", other, sent, set())


def test_what_paired_requests_hold_is_the_same():
    names = Names()
    names.learn("7", "12")
    assert names.same("number", "7", "12", set())
    assert not names.same("number", "8", "12", set())


@pytest.mark.parametrize(
    ("pairs", "ids"),
    [
        ([("1", "4"), ("2", "5"), ("1", "4")], True),
        ([("1", "4")], False),
        ([("1", "4"), ("2", "4")], False),
        ([("1", "4"), ("1", "5")], False),
        ([("1", "1"), ("2", "2")], False),
    ],
    ids=["one to one", "a single pair", "two for one", "one for two", "equal"],
)
def test_numbers_are_ids_where_several_stand_for_one_another(pairs, ids):
    names = Names()
    for live, mock in pairs:
        names.note("list id", "number", live, mock)
    assert ("list id" in names.ids()) == ids


def test_a_number_that_a_reply_has_twice_is_no_id():
    names = Names()
    names.note("list n", "number", "1", "4")
    names.note("list n", "number", "2", "5")
    names.note_repeated("list n")
    assert not names.ids()


def test_where_an_id_is_known_from_elsewhere_all_numbers_are_ids():
    names = Names()
    for live, mock in (("1", "4"), ("2", "5")):
        names.note("list id", "number", live, mock)
    for live, mock in (("2", "5"), ("3", "6")):
        names.note("versions model", "number", live, mock)
    names.note_repeated("versions model")
    assert names.ids().keys() == {"list id", "versions model"}
