"""The sandbox as others use it: a fixture, in a run of pytest of its own."""

import pytest

pytest_plugins = ["pytester"]

PLUGIN = 'pytest_plugins = ["insights_uploader.sandbox.pytest_plugin"]\n'
IN_USE = """
    import os
    import subprocess
    import sys

    from insights_uploader.sandbox.faults import Answer

    SARIF = '''{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "tool"}}, "results": [
      {"ruleId": "r", "level": "error", "message": {"text": "a finding"}, "locations": [
       {"physicalLocation": {"artifactLocation": {"uri": "src/a.py"},
                             "region": {"startLine": 2}}}]}]}]}'''

    def publish(bitbucket, token=None, *more):
        (bitbucket.checkout / "out.sarif").write_text(SARIF)
        command = [sys.executable, "-m", "insights_uploader", "publish", "out.sarif", "--url", bitbucket.url,
                   "--project", bitbucket.project, "--repository", bitbucket.repository, *more]
        environ = {"PATH": os.environ["PATH"], "HOME": str(bitbucket.checkout),
                   "BITBUCKET_TOKEN": token or bitbucket.token}
        return subprocess.run(command, cwd=bitbucket.checkout, env=environ, capture_output=True)

    def prepared(bitbucket):
        bitbucket.commit({"src/a.py": "one\\n"})
        head = bitbucket.commit({"src/a.py": "one\\ntwo\\n"}, branch="feature")
        bitbucket.pull_request("feature", "main", number=7)
        return head

    def test_what_is_published_is_there(bitbucket):
        head = prepared(bitbucket)
        done = publish(bitbucket, None, "--pull-request", "7")
        assert done.returncode == 1, done.stderr  # a HIGH finding fails the gate
        report = bitbucket.report(head, "insights-uploader.tool")
        assert (report.owner, report.body["result"]) == ("publisher", "FAIL")
        [annotation] = report.annotations
        assert (annotation["path"], annotation["line"]) == ("src/a.py", 2)
        assert bitbucket.sandbox.requests[0].headers["authorization"] == "Bearer"

    def test_another_users_report_is_left_alone(bitbucket):
        head = prepared(bitbucket)
        publish(bitbucket, bitbucket.other_token, "--base", "main")
        assert publish(bitbucket, None, "--base", "main", "--force", "--exit-zero").returncode == 4
        assert bitbucket.report(head, "insights-uploader.tool").owner == "somebody-else"

    def test_a_fault(bitbucket):
        head = prepared(bitbucket)
        bitbucket.sandbox.faults.add(Answer(503), method="PUT", times=None)
        done = publish(bitbucket, None, "--base", "main", "--exit-zero", "--tries", "1")
        assert done.returncode == 4
        assert bitbucket.report(head, "insights-uploader.tool") is None
"""
OVERRIDDEN = """
    import urllib.request

    import pytest
    from insights_uploader.sandbox.settings import RateLimit

    @pytest.fixture
    def bitbucket_settings():
        return {"project": "TEAM", "context_path": "/git", "rate_limit": RateLimit(1, 0.001)}

    def test_its_settings(bitbucket):
        assert (bitbucket.project, bitbucket.url.rpartition("/")[2]) == ("TEAM", "git")
        request = urllib.request.Request(
            bitbucket.url + "/rest/api/latest/application-properties",
            headers={"Authorization": f"Bearer {bitbucket.token}"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        assert opener.open(request).status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            opener.open(request)
        assert (refused.value.code, refused.value.headers["Retry-After"]) == (429, "1000")
        refused.value.close()

    def test_a_pull_request_is_opened_once(bitbucket):
        bitbucket.pull_request("feature")
        with pytest.raises(ValueError, match="there is a pull request 1"):
            bitbucket.pull_request("other")
"""


@pytest.mark.parametrize(("tests", "passed"), [(IN_USE, 3), (OVERRIDDEN, 2)], ids=["in use", "set"])
def test_a_run_of_somebodys_own(pytester: pytest.Pytester, tests: str, passed: int) -> None:
    pytester.makeconftest(PLUGIN)
    pytester.makepyfile(tests)
    run = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")
    run.assert_outcomes(passed=passed)


def test_nobodys_run_loads_it_unasked(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(bitbucket): ...")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(errors=1)
