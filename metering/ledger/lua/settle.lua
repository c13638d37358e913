-- settle: turn a hold into what its request cost, in the hold's own windows.
-- KEYS: organization, project, group, user, holds, due
-- ARGV: id, actual, path, tombstone in ms [, now in ms: tests only]

local id, actual, path, keep = ARGV[1], digits(ARGV[2], 9e15), ARGV[3], digits(ARGV[4], 86400000)
if #id < 8 or #id > 128 then return {'bad', 'id'} end
if not actual then return {'bad', 'actual'} end
if path == '' or KEYS[4]:sub(-#path) ~= path then return {'bad', 'path'} end
if not keep or keep == 0 then return {'bad', 'tombstone'} end

local hold = try('HGET', KEYS[5], id)
if not hold then return {'gone'} end
if type(hold) == 'table' then return failed(hold, KEYS[5]) end
if #hold == 9 then
  local state, charge = parse('<c1d', hold)
  if state ~= 's' and state ~= 'r' then return {'corrupt', KEYS[5], id} end
  return {'settled', charge}
end
if #hold < 50 then return {'corrupt', KEYS[5], id} end
local state, amount, deadline, w1, w2, w3, w4 = parse('<c1dddddd', hold)
if not (amount >= 0 and amount <= 9e15) or (state ~= 'o' and state ~= 'x') then return {'corrupt', KEYS[5], id} end
if hold:sub(50) ~= path then return {'mismatch'} end

local now = clock(ARGV[5])
local spent, held = actual, -amount
if state == 'x' then
  -- It was charged in full; correct that, until its windows are final.
  if now >= deadline + 600000 then return {'gone'} end
  spent, held = actual - amount, 0
end
local f1, v1 = charged(KEYS[1], w1, spent, held)
if not f1 then return v1 end
local f2, v2 = charged(KEYS[2], w2, spent, held)
if not f2 then return v2 end
local f3, v3 = charged(KEYS[3], w3, spent, held)
if not f3 then return v3 end
local f4, v4 = charged(KEYS[4], w4, spent, held)
if not f4 then return v4 end

-- `due` first: it was not read, and a wrong type must show before a change.
local r = try('ZADD', KEYS[6], string.format('%d', now + keep), id)
if type(r) == 'table' then return failed(r, KEYS[6]) end
call('HSET', KEYS[5], id, pack('<c1d', 's', actual))
call('HSET', KEYS[1], f1, v1)
call('HSET', KEYS[2], f2, v2)
call('HSET', KEYS[3], f3, v3)
call('HSET', KEYS[4], f4, v4)
return {'settled', actual}
