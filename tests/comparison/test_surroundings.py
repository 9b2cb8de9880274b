from conformance.comparison.loading import RecordedDocument
from conformance.comparison.surroundings import compare_statuses, compare_target
from tests.comparison.replies import exchange

JSON = ("content-type", "application/json")


def replies(*servers, number=12):
    return tuple(
        exchange({}, headers=(JSON, *((("Server", server),) if server else ()), ("date", str(i))))
        for i in range(number)
        for server in servers
    )


def told(old, new):
    return [(one.name, one.old, one.new) for one in compare_target(old, new)]


def test_a_status_that_came_is_told_with_how_often():
    old = [exchange({}), exchange({}, endpoint="get")]
    new = [exchange({}), exchange({}, status=503), exchange({}, failed="timeout")]
    assert [(s.endpoint, s.status, s.old, s.new) for s in compare_statuses(old, new)] == [
        ("list", "503", 0, 1),
        ("list", "no reply", 0, 1),
    ]


def test_another_server_header_is_told_and_a_header_that_always_differs_is_not(altered):
    old, new = altered(exchanges=replies("nginx/1")), altered(exchanges=replies("nginx/2"))
    assert told(old, new) == [("header server", "nginx/1", "nginx/2")]


def test_a_header_that_went_is_told(altered):
    assert told(altered(exchanges=replies("a")), altered(exchanges=replies(None))) == [("header server", "a", "none")]


def test_few_replies_say_nothing_of_the_server(altered):
    assert not told(altered(exchanges=replies("a", number=3)), altered(exchanges=replies("b", number=3)))


def test_another_certificate_and_document_are_told(altered):
    old = altered(
        identity={"certificate sha256": "aa"}, document=RecordedDocument("/openapi.json", "1" * 64, "2023.4", 0)
    )
    new = altered(
        identity={"certificate sha256": "bb"}, document=RecordedDocument("/openapi.json", "2" * 64, "2024.1", 7)
    )
    assert told(old, new) == [
        ("OpenAPI version", "2023.4", "2024.1"),
        ("OpenAPI digest", "1" * 12, "2" * 12),
        ("OpenAPI differences from the contract", "0", "7"),
        ("certificate sha256", "aa", "bb"),
    ]


def test_what_one_run_did_not_note_is_not_compared(altered):
    assert not told(altered(identity={}), altered(identity={"certificate sha256": "bb"}))
