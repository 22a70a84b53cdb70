-- 50 % PUT, 45 % GET, 5 % DELETE over a bounded set of keys; sizes log-normal with a median of 10 KiB.
local prefix = os.getenv("BENCH_PREFIX")
local keys = 2000
local bodies = {}

local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

local function normal()
  return math.sqrt(-2 * math.log(1 - math.random())) * math.cos(2 * math.pi * math.random())
end

function init()
  math.randomseed(4711 * number)
  local block = {}
  for i = 1, 256 * 1024 do block[i] = string.char(math.random(0, 255)) end
  block = table.concat(block)
  for i = 1, 64 do
    local size = math.floor(10240 * math.exp(0.6 * normal()))
    bodies[i] = block:sub(1, math.max(1, math.min(size, #block)))
  end
end

function request()
  local path = prefix .. "mix-" .. math.random(1, keys)
  local choice = math.random()
  if choice < 0.50 then return wrk.format("PUT", path, nil, bodies[math.random(1, #bodies)]) end
  if choice < 0.95 then return wrk.format("GET", path) end
  return wrk.format("DELETE", path)
end

local wrong = 0
function response(status)
  if status ~= 200 and status ~= 204 and status ~= 404 then wrong = wrong + 1 end
end

function done(summary)
  io.write("requests ", summary.requests, "\n")
end
