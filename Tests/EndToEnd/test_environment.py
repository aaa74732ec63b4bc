"""What a service, and its exec check, find in their environment: the file, what dependencies offer, and its own on top."""

from harness import recorder


def test_the_file_and_the_endpoints_reach_the_service_and_its_exec_check_and_its_own_variables_win(make_stoker):
    seen = 'test "$FROM_FILE $BOTH $STOKER_DATA_BASE_HTTP" = "file own http://127.0.0.1:1"'
    web = recorder(
        "web",
        first=f"{seen} || exit 7",
        depends_on=["data-base"],
        environment_file="web.env",
        health={"exec": {"command": f'{seen} && test "$OF_CHECK" = check', "environment": {"OF_CHECK": "check"}}, "start_interval": "100ms"},
    )
    web["environment"]["BOTH"] = "own"
    stoker = make_stoker(services={"data-base": recorder("data-base", endpoints={"http": "http://127.0.0.1:1"}), "web": web})
    (stoker.directory / "web.env").write_text("FROM_FILE=file\nBOTH=file\n")
    stoker.start()
    stoker.wait_health("web", "healthy")
    assert stoker.service("web")["restart_count"] == 0


def test_a_missing_environment_file_is_a_failed_start_that_names_it(make_stoker):
    stoker = make_stoker(services={"web": recorder("web", environment_file="nowhere.env", restart={"max_attempts": 0})}).start()
    stoker.wait_status("web", "failed")
    assert "nowhere.env" in stoker.service("web")["last_error"]
