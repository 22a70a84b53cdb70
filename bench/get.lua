-- GETs of one of the objects 0..99 below the path in the environment.
local prefix = os.getenv("BENCH_PREFIX")

function init()
  math.randomseed(os.time())
end

function request()
  return wrk.format("GET", prefix .. math.random(0, 99))
end
