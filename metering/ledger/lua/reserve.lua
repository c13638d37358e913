-- reserve: promise an amount at the four nodes of a path, or at none.
-- KEYS: organization, project, group, user, holds, due, cal, touched
-- ARGV: id, amount, ttl in ms, path [, now in ms: tests only]

local id, amount, ttl, path = ARGV[1], digits(ARGV[2], 9e15), digits(ARGV[3], 600000), ARGV[4]
if #id < 8 or #id > 128 then return {'bad', 'id'} end
if not amount or amount == 0 then return {'bad', 'amount'} end
if not ttl or ttl == 0 then return {'bad', 'ttl'} end
if path == '' or KEYS[4]:sub(-#path) ~= path then return {'bad', 'path'} end

local now, now_s = clock(ARGV[5])

-- The answer, unless the id has a hold, whose answer was given before. What
-- remains is read now, in the hold's own windows.
local function unless_held(answer)
  local hold = try('HGET', KEYS[5], id)
  if not hold then return answer end
  if type(hold) == 'table' then return failed(hold, KEYS[5]) end
  local state = hold:sub(1, 1)
  if #hold == 9 and (state == 's' or state == 'r') then return {'used'} end
  if #hold < 50 or (state ~= 'o' and state ~= 'x') then return {'corrupt', KEYS[5], id} end
  if hold:sub(50) ~= path then return {'mismatch'} end
  if state == 'x' then return {'used'} end
  local _, held, deadline, w1, w2, w3, w4 = parse('<c1dddddd', hold)
  local again = {'granted', held, deadline, w1, w2, w3, w4, -1, -1, -1, -1}
  for i = 1, 4 do
    local start, _, _, _, _, _, _, _, left = level(i, now_s)
    if start and start == again[3 + i] then again[7 + i] = left end
  end
  return again
end

local start1, end1, a1, b1, h1, last1, m1, x1, left1, more1 = level(1, now_s, amount)
if not start1 then return unless_held(end1) end
local start2, end2, a2, b2, h2, last2, m2, x2, left2, more2 = level(2, now_s, amount)
if not start2 then return unless_held(end2) end
local start3, end3, a3, b3, h3, last3, m3, x3, left3, more3 = level(3, now_s, amount)
if not start3 then return unless_held(end3) end
local start4, end4, a4, b4, h4, last4, m4, x4, left4, more4 = level(4, now_s, amount)
if not start4 then return unless_held(end4) end

local deadline = now + ttl
local hold = pack('<c1ddddddc0', 'o', amount, deadline, start1, start2, start3, start4, path)
local begun = begin(id, hold, now, deadline, path, last4)
if begun ~= true then return begun or unless_held() end
put(KEYS[1], now, more1, start1, end1, a1, b1, h1 + amount, last1, m1, x1)
put(KEYS[2], now, more2, start2, end2, a2, b2, h2 + amount, last2, m2, x2)
put(KEYS[3], now, more3, start3, end3, a3, b3, h3 + amount, last3, m3, x3)
put(KEYS[4], now, more4, start4, end4, a4, b4, h4 + amount, last4, m4, x4)
return {'granted', amount, deadline, start1, start2, start3, start4, left1, left2, left3, left4}
