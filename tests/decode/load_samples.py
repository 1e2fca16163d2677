"""Small results of every load tool we read, written for these tests in each tool's own form."""

from __future__ import annotations

import json
from typing import Any

K6_TREND = {"avg": 4.0, "min": 1.0, "med": 3.0, "max": 20.0, "p(90)": 8.0, "p(99.9)": 19.5}
K6_LEGACY: dict[str, Any] = {
    "root_group": {"name": "", "path": "", "groups": {}, "checks": {}},
    "metrics": {
        "http_reqs": {"count": 300, "rate": 30.0},
        "http_req_failed": {"value": 0.02, "passes": 6, "fails": 294, "thresholds": {"rate<0.1": False}},
        "http_req_duration": K6_TREND,
        "http_req_duration{expected_response:true}": {"avg": 9.0, "med": 9.0},
        "iterations": {"count": 100, "rate": 10.0},
    },
}
K6_SUMMARY: dict[str, Any] = {
    "root_group": {"name": "", "checks": []},
    "options": {"summaryTimeUnit": "", "noColor": False},
    "state": {"isStdOutTTY": False, "testRunDurationMs": 10000.0},
    "metrics": {
        "http_reqs": {"type": "counter", "contains": "default", "values": {"count": 300, "rate": 30.0}},
        "http_req_failed": {"type": "rate", "contains": "default", "values": {"rate": 0.02, "passes": 6, "fails": 294}},
        "http_req_duration": {"type": "trend", "contains": "time", "values": K6_TREND},
    },
}
K6_MACHINE: dict[str, Any] = {
    "version": "1.0.0",
    "config": {"duration": 10.0, "execution": "local", "script": "load.js"},
    "metadata": {"generatedAt": "2026-11-20T10:00:00Z", "k6Version": "2.0.0"},
    "results": {
        "checks": {"results": [{"name": "ok", "passes": 3, "fails": 0}]},
        "metrics": [
            {"name": "http_reqs", "type": "counter", "contains": "default", "values": {"count": 300}},
            {
                "name": "http_req_failed",
                "type": "rate",
                "contains": "default",
                "values": {"matches": 6, "rate": 0.02, "total": 300},
            },
            {"name": "http_req_duration", "type": "trend", "contains": "time", "values": K6_TREND},
        ],
    },
}
VEGETA_REPORT: dict[str, Any] = {
    "latencies": {
        "total": 3000000000,
        "mean": 10000000,
        "50th": 8000000,
        "90th": 15000000,
        "95th": 20000000,
        "99th": 30000000,
        "max": 40000000,
        "min": 1000000,
    },
    "bytes_in": {"total": 600, "mean": 2},
    "bytes_out": {"total": 0, "mean": 0},
    "earliest": "2026-11-20T10:00:00.123456789+01:00",
    "latest": "2026-11-20T10:00:02.990+01:00",
    "end": "2026-11-20T10:00:03.0+01:00",
    "duration": 2950000000,
    "wait": 50000000,
    "requests": 300,
    "rate": 101.69,
    "throughput": 99.0,
    "success": 0.99,
    "status_codes": {"200": 290, "302": 7, "503": 1, "0": 2},
    "errors": ["503 Service Unavailable", "connection refused"],
}
VEGETA_JSON = b"".join(
    json.dumps(
        {
            "attack": "a",
            "seq": number,
            "code": 200 if number else 0,
            "timestamp": f"2026-11-20T10:00:0{number}.5Z",
            "latency": (number + 1) * 10**8,
            "bytes_out": 0,
            "bytes_in": 5,
            "error": "" if number else "dial",
            "body": "aGVsbG8=",
            "method": "GET",
            "url": "http://127.0.0.1/",
            "headers": None,
        }
    ).encode()
    + b"\n"
    for number in range(4)
)
VEGETA_CSV = b"".join(
    b"%d,%d,%d,0,5,%s,aGVsbG8=,a,%d,GET,http://127.0.0.1/,\n" % (1795168800500000000 + number * 10**9, *answer, number)
    for number, answer in enumerate(
        [(0, 10**8, b"dial"), (200, 2 * 10**8, b""), (200, 3 * 10**8, b""), (200, 4 * 10**8, b"")]
    )
)
HEY_CSV = b"""response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset
0.0040,0.0001,0.0000,0.0000,0.0039,0.0000,200,0.0000
0.0010,0.0000,0.0000,0.0000,0.0009,0.0000,200,0.0040
0.0020,0.0000,0.0000,0.0000,0.0019,0.0000,500,0.0050
0.0030,0.0000,0.0000,0.0000,0.0029,0.0000,201,0.0070
"""
HEY_TEXT = b"""
Summary:
  Total:\t2.0000 secs
  Slowest:\t0.0200 secs
  Fastest:\t0.0001 secs
  Average:\t0.0010 secs
  Requests/sec:\t500.0000

  Total data:\t1000 bytes
  Size/request:\t1 bytes

Response time histogram:
  0.000 [1]\t|
  0.002 [989]\t|\xe2\x96\xa0\xe2\x96\xa0


Latency distribution:
  10% in 0.0002 secs
  50% in 0.0009 secs
  99% in 0.0100 secs
  0% in 0.0000 secs

Details (average, fastest, slowest):
  DNS+dialup:\t0.0000 secs, 0.0000 secs, 0.0000 secs

Status code distribution:
  [200]\t980 responses
  [503]\t10 responses

Error distribution:
  [10]\tGet "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused

"""
OHA: dict[str, Any] = {
    "summary": {
        "successRate": 0.99,
        "total": 2.0,
        "slowest": 0.02,
        "fastest": 0.0001,
        "average": 0.001,
        "requestsPerSec": 505.0,
        "totalData": 10,
        "sizePerRequest": 1,
        "sizePerSec": 5.0,
    },
    "responseTimeHistogram": {"0.001": 10},
    "latencyPercentiles": {"p50": 0.0009, "p99": 0.01, "p99.9": 0.015, "p99.99": None},
    "rps": {"mean": 1.0, "stddev": None, "max": 2.0, "min": 0.0, "percentiles": {}},
    "details": {"DNSDialup": {"average": 0.1, "fastest": 0.1, "slowest": 0.1}},
    "statusCodeDistribution": {"200": 980, "404": 10},
    "errorDistribution": {"aborted due to deadline": 10, "connection error": 10},
}
WRK = b"""Running 2s test @ http://127.0.0.1:8080/
  2 threads and 4 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.50ms    2.00ms  40.00ms   91.00%
    Req/Sec     1.00k   100.00     2.00k    63.33%
  Latency Distribution
     50%  900.00us
     75%    1.10ms
     90%    2.00ms
     99%   10.00ms
  1000 requests in 2.00s, 1.00MB read
  Socket errors: connect 0, read 3, write 0, timeout 2
  Non-2xx or 3xx responses: 10
Requests/sec:    500.00
Transfer/sec:    512.00KB
"""
WRK2 = b"""Running 1m test @ http://127.0.0.1:8080/
  1 threads and 4 connections
  Thread calibration: mean lat.: 1.464ms, rate sampling interval: 10ms
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.44ms  706.00us  12.92ms   68.59%
    Req/Sec   105.00     10.00   120.00     72.73%
  Latency Distribution (HdrHistogram - Recorded Latency)
 50.000%    1.37ms
 99.000%    3.02ms
 99.900%    1.00s 
100.000%    2.00m

  Detailed Percentile spectrum:
       Value   Percentile   TotalCount 1/(1-Percentile)

       0.067     0.000000            1         1.00
       1.371     0.500000         3000         2.00
       1.371     0.550000         3000         2.22
       3.023     0.990000         5940       100.00
      12.927     1.000000         6000          inf
#[Mean    =        1.423, StdDeviation   =        0.982]
#[Max     =       12.920, Total count    =         6000]
#[Buckets =           27, SubBuckets     =         2048]
----------------------------------------------------------

  Latency Distribution (HdrHistogram - Uncorrected Latency (measured without taking delayed starts into account))
 50.000%  180.00us
 99.000%    1.20ms

  Detailed Percentile spectrum:
       Value   Percentile   TotalCount 1/(1-Percentile)

       0.180     0.500000         3000         2.00
----------------------------------------------------------
  6000 requests in 1.00m, 1.00MB read
Requests/sec:    100.00
Transfer/sec:     17.00KB
"""  # noqa: W291 - wrk2's own trailing blanks
WRK_DOWN = b"unable to connect to 127.0.0.1:8080 Connection refused\n"
GHZ: dict[str, Any] = {
    "date": "2026-11-20T10:00:05Z",
    "endReason": "normal",
    "options": {"call": "a.B.C", "n": 100, "c": 5, "async": False},
    "count": 100,
    "total": 2000000000,
    "average": 5000000,
    "fastest": 1000000,
    "slowest": 30000000,
    "rps": 50.0,
    "errorDistribution": {"rpc error": 3},
    "statusCodeDistribution": {"OK": 97, "Unavailable": 3},
    "latencyDistribution": [{"percentage": 50, "latency": 4000000}, {"percentage": 99, "latency": 20000000}],
    "histogram": [
        {"mark": 0.001, "count": 1, "frequency": 0.01},
        {"mark": 0.03, "count": 96, "frequency": 0.99},
    ],
    "details": [
        {"timestamp": "2026-11-20T10:00:01.25Z", "latency": 4000000, "error": "", "status": "OK"},
        {"timestamp": "2026-11-20T10:00:01.125Z", "latency": 4000000, "error": "", "status": "OK"},
    ],
}
HYPERFINE: dict[str, Any] = {
    "results": [
        {
            "command": "./app",
            "mean": 0.2,
            "stddev": None,
            "median": 0.2,
            "user": 0.1,
            "system": 0.1,
            "min": 0.1,
            "max": 0.3,
            "times": [0.1, 0.2, 0.3],
            "exit_codes": [0, 1, 0],
        }
    ]
}
FORTIO: dict[str, Any] = {
    "RunType": "HTTP",
    "StartTime": "2026-11-20T10:00:00.5Z",
    "RequestedQPS": "max",
    "ActualQPS": 50.0,
    "ActualDuration": 2000000000,
    "NumThreads": 1,
    "DurationHistogram": {
        "Count": 100,
        "Min": 0.001,
        "Max": 0.03,
        "Sum": 0.5,
        "Avg": 0.005,
        "Data": [
            {"Start": 0.001, "End": 0.01, "Percent": 90, "Count": 90},
            {"Start": 0.01, "End": 0.03, "Percent": 100, "Count": 10},
        ],
        "Percentiles": [{"Percentile": 50, "Value": 0.004}, {"Percentile": 99.9, "Value": 0.02}],
    },
    "RetCodes": {"200": 97, "503": 2, "-1": 1},
}
AUTOCANNON: dict[str, Any] = {
    "url": "http://127.0.0.1/",
    "connections": 4,
    "duration": 2.0,
    "start": "2026-11-20T10:00:00.000Z",
    "errors": 5,
    "timeouts": 2,
    "non2xx": 10,
    "1xx": 0,
    "2xx": 90,
    "3xx": 0,
    "4xx": 10,
    "5xx": 0,
    "statusCodeStats": {"200": {"count": 90}, "404": {"count": 10}},
    "latency": {"average": 5.0, "mean": 5.0, "max": 30, "p2_5": 1, "p50": 4, "p97_5": 9, "p99": 20, "totalCount": 100},
    "requests": {"average": 50, "mean": 50, "total": 100, "sent": 105},
    "throughput": {"average": 100},
}
AB = b"""This is ApacheBench, Version 2.3 <$Revision$>

Benchmarking 127.0.0.1 (be patient).....done


Document Path:          /

Concurrency Level:      8
Time taken for tests:   2.000 seconds
Complete requests:      1000
Failed requests:        30
   (Connect: 0, Receive: 1, Length: 27, Exceptions: 2)
Non-2xx responses:      7
Requests per second:    500.00 [#/sec] (mean)
Time per request:       16.000 [ms] (mean)
Time per request:       2.000 [ms] (mean, across all concurrent requests)

Percentage of the requests served within a certain time (ms)
  50%     15
  99%     40
 100%     60 (longest request)
"""
AB_DOWN = b"""This is ApacheBench, Version 2.3 <$Revision$>

Benchmarking 127.0.0.1 (be patient)...apr_socket_recv: Connection refused (111)
apr_socket_recv: Connection refused (111)
"""
H2LOAD = b"""starting benchmark...
spawning thread #0: 8 total client(s). 1000 total requests
progress: 100% done

finished in 2.00s, 490.00 req/s, 1.00MB/s
requests: 1000 total, 1000 started, 990 done, 980 succeeded, 20 failed, 10 errored, 0 timeout
status codes: 980 2xx, 0 3xx, 10 4xx, 0 5xx
traffic: 2.00MB (2000000) total, 1.00KB (1000) headers (space savings 0.00%), 1.00MB (1000000) data
                     min         max      median       p95         p99        mean         sd        +/- sd
time for request:       22us     11.38ms       300us       2.5ms     5.00ms       421us       929us    92.95%
time for connect:      116us       727us       300us       400us      700us       388us       207us    75.00%
time to 1st byte:      387us      1.13ms       300us       400us     1.00ms       785us       230us    75.00%
req/s           :    2301.94     2470.78     2364.25     2364.25    2364.25     2364.25       67.13    75.00%
"""
EVENTODB: dict[str, Any] = {
    "timestamp": "2026-11-20T10:00:00Z",
    "duration_s": 2.0,
    "total_ops": 1000,
    "writes": 900,
    "reads": 100,
    "errors": 3,
    "ops_per_sec": 500.0,
    "avg_latency_ms": 2.5,
}


def text(value: Any) -> bytes:
    """Write JSON as the tools do."""
    return json.dumps(value).encode()


EVERY: dict[str, tuple[str, bytes]] = {
    "k6 --summary-export": ("k6", text(K6_LEGACY)),
    "k6 handleSummary": ("k6", text(K6_SUMMARY)),
    "k6 machine-readable": ("k6", text(K6_MACHINE)),
    "vegeta report": ("vegeta", text(VEGETA_REPORT)),
    "vegeta json": ("vegeta", VEGETA_JSON),
    "vegeta csv": ("vegeta", VEGETA_CSV),
    "hey csv": ("hey", HEY_CSV),
    "hey text": ("hey", HEY_TEXT),
    "oha": ("oha", text(OHA)),
    "wrk": ("wrk", WRK),
    "wrk2": ("wrk2", WRK2),
    "wrk, server down": ("wrk", WRK_DOWN),
    "ghz": ("ghz", text(GHZ)),
    "hyperfine": ("hyperfine", text(HYPERFINE)),
    "fortio": ("fortio", text(FORTIO)),
    "autocannon": ("autocannon", text(AUTOCANNON)),
    "ab": ("ab", AB),
    "ab, server down": ("ab", AB_DOWN),
    "h2load": ("h2load", H2LOAD),
    "eventodb": ("", text(EVENTODB)),
}
"""What each sample is -> the tool that must be recognised, and the file."""
