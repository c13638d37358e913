-- settle: turn a hold into what its request cost, in the hold's own windows.
-- KEYS: organization, project, group, user, holds, due
-- ARGV: id, actual, path, tombstone in ms [, now in ms: tests only]

local id, actual, path, keep = ARGV[1], digits(ARGV[2], MAX), ARGV[3], digits(ARGV[4], KEEP_MAX)
if not good_id(id) then return {'bad', 'id'} end
if not actual or (#ARGV[2] > 1 and byte(ARGV[2]) == 48) then return {'bad', 'actual'} end
if not path or path == '' or sub(KEYS[4], -#path) ~= path then return {'bad', 'path'} end
if not keep or keep == 0 then return {'bad', 'tombstone'} end

local hold = try('HGET', KEYS[5], id)
if not hold then return {'gone'} end
if type(hold) == 'table' then return failed(hold, KEYS[5]) end
local state = sub(hold, 1, 1)
if #hold == TOMBSTONE_BYTES and (state == 's' or state == 'r') then
  local _, charge = parse(TOMBSTONE, hold)
  return {'settled', charge}
end
if #hold <= HOLD_BYTES or (state ~= 'o' and state ~= 'x') then return {'corrupt', KEYS[5], id} end
if sub(hold, HOLD_BYTES + 1) ~= path then return {'mismatch'} end

local now = clock(ARGV[5])
local _, amount, deadline, w1, w2, w3, w4 = parse(HOLD, hold)
if not sane(0, 0, amount) then return {'corrupt', KEYS[5], id} end
local spent, held = actual, -amount
if state == 'x' then
  -- It was charged in full; correct that, until its windows are final.
  if now >= deadline + GRACE then return {'gone'} end
  spent, held = actual - amount, 0
end
local fields, values = charged({w1, w2, w3, w4}, spent, held)
if not fields then return values end

local r = try('ZADD', KEYS[6], now + keep, id)
if type(r) == 'table' then return failed(r, KEYS[6]) end
call('HSET', KEYS[5], id, pack(TOMBSTONE, 's', actual))
write(fields, values)
return {'settled', actual}
