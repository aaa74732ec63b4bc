"""What a reload says: what it cannot change, how it is told, and that secrets are not."""

from harness import recorder, wait_for
from test_reload import by_command


def test_what_has_changed_of_the_supervisor_is_said_to_need_a_new_start(make_stoker):
    services = {"a": recorder("a")}
    stoker = make_stoker(services=services).start()
    port = stoker.port
    others = {
        "name": "other", "listen": ["127.0.0.1:1"], "state_dir": str(stoker.directory / "elsewhere"), "log": {"format": "json"},
        "metrics": {"exclude": ["io"]}, "discovery": {"address": "x"}, "allowed_hosts": ["x"], "control": "socket", "allow_remote_control": False,
    }  # fmt: skip
    answer = stoker.reload(services, supervisor=others)
    later = ["name", "listen", "state_dir", "log.format", "metrics.exclude", "discovery.address", "allowed_hosts", "control"]
    assert answer["needs_new_start"] == later and answer["unchanged"] == ["a"]
    for key in later:
        sentence = f"{key} has changed: that takes effect at the next start of Stoker"
        wait_for(f"'{sentence}'", lambda: sentence in stoker.output.read_text())
    result = stoker.command("reload", "--url", f"http://127.0.0.1:{port}")
    assert result.returncode == 0, "it still listens where it did, and may be controlled from there"
    stoker.write(services)
    shown = stoker.command("reload", "--dry-run", "--config", str(stoker.file))
    assert shown.returncode == 0 and "  name: takes effect at the next start of Stoker\n" in shown.stdout
    assert (stoker.service("a")["restart_count"], stoker.get("/services").status) == (0, 200)


def test_a_changed_level_of_the_log_takes_effect_at_once(make_stoker):
    services = {"a": recorder("a")}
    stoker = make_stoker(services=services, supervisor={"log": {"level": "error"}}).start()
    assert "running" not in stoker.output.read_text()
    answer = stoker.reload(services, supervisor={"log": {"level": "info"}})
    assert answer["needs_new_start"] == []
    assert stoker.post("/restart/a").status == 200
    wait_for("what is said of it", lambda: "a: running" in stoker.output.read_text())


def test_values_of_the_environment_are_shown_nowhere(make_stoker):
    secret = "s3cret"

    def services(value):
        check = {"exec": {"command": ["true"], "environment": {"CHECK": f"{secret}-check-{value}"}}, "interval": "10m"}
        remote = {"http": {"url": "http://127.0.0.1:1/", "headers": {"Authorization": f"{secret}-header-{value}"}}, "interval": "10m"}
        web = recorder("web", health=check)
        web["environment"]["TOKEN"] = f"{secret}-{value}"
        return {"web": web, "remote": {"kind": "external", "health": remote}}

    stoker = make_stoker(services=services(1)).start()
    stoker.write(services(2))
    shown = [by_command(stoker, "--dry-run"), by_command(stoker, "--json", "--dry-run"), by_command(stoker, "--json")]
    assert "environment.TOKEN" in shown[0] and "health.exec.environment.CHECK" in shown[2] and "health.http.headers.Authorization" in shown[2]
    wait_for("the restart", lambda: stoker.wait_status("web", "running")["restart_count"] == 1)
    # Wrong where secrets stand.
    for broken in ('"TOKEN": ["s3cret"]', '"TOKEN": "s3cret-x", "TOKEN": "s3cret-y"', '"TOKEN": "s3cret-z" "s3cret-w"', "TOKEN: !!binary s3cret"):
        stoker.write(services(3))
        stoker.file.write_text(stoker.file.read_text().replace('"TOKEN": "s3cret-3"', broken))
        answer = stoker.post("/reload")
        assert answer.status == 400, answer.text
        result = stoker.command("reload", "--config", str(stoker.file))
        assert result.returncode == 65
        shown += [answer.text, result.stdout, result.stderr]
    for path in ("services", "service/web", "service/remote", "service/web/history", "service/web/why", "dependencies", "registry", "registry/web", "health"):
        shown.append(stoker.get(f"/{path}").text)
    shown += [stoker.request("GET", "/metrics").text, stoker.request("GET", "/").text, stoker.output.read_text()]
    shown += [path.read_bytes().decode(errors="replace") for path in stoker.state.rglob("*") if path.is_file()]
    for text in shown:
        assert secret not in text
