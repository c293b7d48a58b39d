from infra_audit.alarms import Alarms
from infra_audit.collectors.aws.cloudwatch import alarm_of

RDS = ("AWS/RDS",)


def alarm(name, **given):
    arn = f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"
    return alarm_of({"AlarmArn": arn, "AlarmName": name, "ActionsEnabled": True, "AlarmActions": ["topic"], **given})


def metric(database, **given):
    dimensions = [{"Name": "DBInstanceIdentifier", "Value": database}] if database else []
    return {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Dimensions": dimensions, **given}


def found(rows, name="orders"):
    return [one["name"] for one in Alarms(rows).on(RDS, "DBInstanceIdentifier", [name])]


def test_an_alarm_watches_the_database_that_it_names():
    assert found([alarm("a", **metric("orders")), alarm("b", **metric("payments"))]) == ["a"]
    assert found([alarm("a", **metric("orders", Namespace="AWS/EC2"))]) == []


def test_one_over_all_databases_watches_each():
    assert found([alarm("all", **metric(None))]) == ["all"]


def test_metrics_in_a_formula_count_too():
    stat = {"MetricStat": {"Metric": metric("orders"), "Period": 60, "Stat": "Average"}}
    assert found([alarm("sum", Metrics=[stat, {"Expression": "m1 * 2"}])]) == ["sum"]


def test_a_query_over_the_namespace_is_taken_to_cover_it():
    query = 'SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/RDS", DBInstanceIdentifier)'
    assert found([alarm("query", Metrics=[{"Expression": query}])]) == ["query"]


def test_an_alarm_tells_by_itself_or_by_a_composite_one_that_names_it():
    mute, off = alarm("mute", AlarmActions=[]), alarm("off", ActionsEnabled=False)
    listening = alarm("any", AlarmRule=f'ALARM("mute") OR ALARM({off["arn"]})')
    mute_listening = alarm("nobody", AlarmRule='ALARM("mute")', AlarmActions=[])

    assert [Alarms([mute, off, listening]).tells(one) for one in (mute, off, listening)] == [True, True, True]
    assert not Alarms([mute, mute_listening]).tells(mute)
    assert not Alarms([alarm("mut", AlarmActions=[]), listening]).tells(alarm("mut", AlarmActions=[]))
