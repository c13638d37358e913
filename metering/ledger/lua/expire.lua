-- expire: charge in full a hold whose deadline has passed, and forget what may
-- be forgotten. A tombstone holds no path: pass "" and the organization's key
-- four times.
-- KEYS: organization, project, group, user, holds, due
-- ARGV: id, path [, now in ms: tests only]

local id, path = ARGV[1], ARGV[2]
if not good_id(id) then return {'bad', 'id'} end
if not path or (path ~= '' and sub(KEYS[4], -#path) ~= path) then return {'bad', 'path'} end

local now = clock(ARGV[3])
local hold = try('HGET', KEYS[5], id)
if type(hold) == 'table' then return failed(hold, KEYS[5]) end
if not hold then
  local r = try('ZREM', KEYS[6], id)
  if type(r) == 'table' then return failed(r, KEYS[6]) end
  return {'gone'}
end

local function forget()
  local r = try('ZREM', KEYS[6], id)
  if type(r) == 'table' then return failed(r, KEYS[6]) end
  call('HDEL', KEYS[5], id)
end

local state = sub(hold, 1, 1)
if #hold == TOMBSTONE_BYTES and (state == 's' or state == 'r') then
  local at = try('ZSCORE', KEYS[6], id)
  if type(at) == 'table' then return failed(at, KEYS[6]) end
  if at and now < tonumber(at) then return {'early'} end
  return forget() or {'forgotten'}
end
if #hold <= HOLD_BYTES or (state ~= 'o' and state ~= 'x') then return {'corrupt', KEYS[5], id} end
if sub(hold, HOLD_BYTES + 1) ~= path then return {'mismatch'} end

local _, amount, deadline, w1, w2, w3, w4 = parse(HOLD, hold)
if not sane(0, 0, amount) then return {'corrupt', KEYS[5], id} end
if now < deadline then return {'early'} end
local over = now >= deadline + GRACE
if state == 'x' then
  if not over then return {'early'} end
  return forget() or {'forgotten'}
end

local fields, values = charged({w1, w2, w3, w4}, amount, -amount)
if not fields then return values end
if over then
  local failure = forget()
  if failure then return failure end
else
  local r = try('ZADD', KEYS[6], deadline + GRACE, id)
  if type(r) == 'table' then return failed(r, KEYS[6]) end
  call('HSET', KEYS[5], id, 'x' .. sub(hold, 2))
end
write(fields, values)
return {'expired', amount}
