"""The FOG example, scraped by a real Prometheus: what PromQL sees is what happened."""

import os
import signal

from harness import FOG, http_request, wait_for


def test_a_killed_betanet_is_counted_restarted_and_up_again_in_promql(fog, prometheus):
    stoker = fog(interval="1s")
    query = prometheus(stoker.port)

    def up():
        return {metric["name"]: value for metric, value in query("stoker_service_up")}

    wait_for("the target to be up", lambda: query("up") and query("up")[0][1] == 1)
    wait_for("ten services up", lambda: up() == dict.fromkeys(FOG, 1.0))
    assert all(value == 0 for _, value in query('sum by (name) (stoker_service_restarts_total)'))

    before = stoker.service("betanet")["pid"]
    os.kill(before, signal.SIGKILL)

    wait_for("the restart in PromQL", lambda: query('stoker_service_restarts_total{name="betanet",reason="signal"} == 1'))
    wait_for("betanet up again in PromQL", lambda: up() == dict.fromkeys(FOG, 1.0))
    wait_for("the outage in PromQL", lambda: query('min_over_time(stoker_service_up{name="betanet"}[5m]) == 0'))
    after = stoker.service("betanet")
    assert after["pid"] != before
    assert after["restart_count"] == 1
    wait_for("the exit in PromQL", lambda: query('stoker_service_exits_total{name="betanet",outcome="signal"} == 1'))
    assert sum(value for _, value in wait_for("the counters", lambda: query("stoker_service_restarts_total"))) == 1, "nobody else was restarted"


def test_a_dao_that_answers_500_is_degraded_then_unhealthy_through_its_restart_in_promql(fog, prometheus):
    stoker = fog(interval="1s")
    query = prometheus(stoker.port)

    def seen(expression):
        return wait_for(expression, lambda: query(expression))

    wait_for("dao to be healthy in PromQL", lambda: query('stoker_service_health{name="dao",status="healthy"} == 1'))
    answer = http_request(stoker.ports["dao"], "POST", "/control/fail")
    assert answer.status == 200

    seen('max_over_time(stoker_service_health{name="dao",status="degraded"}[5m]) == 1')
    seen('max_over_time(stoker_service_health{name="dao",status="unhealthy"}[5m]) == 1')
    seen('stoker_service_restarts_total{name="dao",reason="unhealthy"} == 1')
    # The verdict outlives the restart: an alert sees one outage, not flickers.
    unhealthy_while_down = (
        '(stoker_service_health{name="dao",status="unhealthy"} == 1 and on (name) stoker_service_up{name="dao"} == 0)'
    )
    seen(f"max_over_time({unhealthy_while_down}[5m:1s])")
    seen('stoker_service_health{name="dao",status="healthy"} == 1')  # a new process answers 200 again
    well_while_down = '(stoker_service_health{name="dao",status=~"healthy|unknown"} == 1 and on (name) stoker_service_up{name="dao"} == 0)'
    assert query(f"max_over_time({well_while_down}[5m:1s])") == []
    assert stoker.service("dao")["restart_count"] == 1
