# HAProxy in front of the tracker's pods, 2.6 or newer. Words between at signs are filled in: by the chart, and by
# tracker/server/src/shards/haproxy-config.ts for everything else.
#
# Viewers of one key meet on one pod: `sk` is the swarm, or a part of a large one, marked with a tilde. A small swarm must
# not be split, so its keys are hashed without a bound. A part of a large swarm may be: it is hashed with a bound, so that no
# pod holds more than @FACTOR@ % of the mean. Correctness never depends on it: pods pass signals on to each other.

global
    maxconn @MAXCONN@
    # A reload leaves old processes with their connections; they end after this long.
    hard-stop-after 10m

defaults
    mode http
    log global
    option dontlognull
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout http-request 10s
    # Trackers ping every 60 s and wait 20 s for the answer.
    timeout tunnel 150s
    retries 3
    option redispatch 1
    retry-on conn-failure empty-response response-timeout 503
    option httpchk GET /readyz
    default-server check inter @CHECK@ fall 2 rise 1

frontend tracker
    bind @BIND@
    # Pods trust these headers from here (SHOAL_TRUSTED_PROXIES) and from nowhere else.
    http-request set-header x-forwarded-for %[src]
    # One address may be a carrier's NAT with thousands of viewers; this stops single machines that do nothing but ask.
    stick-table type ipv6 size 200k expire 30s store http_req_rate(10s)
    http-request track-sc0 src
    http-request return status 429 content-type application/json hdr retry-after 30 hdr access-control-allow-origin "*" hdr access-control-expose-headers retry-after string '{"code":"too-busy","retryAfterMs":30000}' if { sc_http_req_rate(0) gt @REQUESTS@ }
    # For people and programs inside only.
    http-request return status 404 if { path_beg /metrics /admin /debug }
    use_backend large if { path_beg /socket.io/ } { url_param(sk) -m sub ~ }
    use_backend small if { path_beg /socket.io/ }
    default_backend any

backend small
    balance url_param sk
    hash-type consistent wt6 avalanche
@SERVERS@

backend large
    balance url_param sk
    hash-type consistent wt6 avalanche
    hash-balance-factor @FACTOR@
@SERVERS@

backend any
    balance roundrobin
@SERVERS@
