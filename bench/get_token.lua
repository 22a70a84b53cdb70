-- As get.lua, with the token in the environment; objects are named get-0 to get-99.
local prefix = os.getenv("BENCH_PREFIX")
local headers = { ["x-os-auth"] = "Bearer " .. os.getenv("BENCH_TOKEN") }

function init()
  math.randomseed(os.time())
end

function request()
  return wrk.format("GET", prefix .. "get-" .. math.random(0, 99), headers)
end
