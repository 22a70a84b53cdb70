-- PUTs of 10 KiB under random names below the path in the environment.
local prefix = os.getenv("BENCH_PREFIX")
local body = string.rep("0123456789abcdef", 640)

function init()
  math.randomseed(os.time())
end

function request()
  return wrk.format("PUT", prefix .. math.random(1, 1000000000), nil, body)
end
