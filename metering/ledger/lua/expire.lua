-- expire: charge in full a hold whose deadline has passed, and forget what may
-- be forgotten. A tombstone holds no path: pass "" and the organization's key
-- four times.
-- KEYS: organization, project, group, user, holds, due
-- ARGV: id, path [, now in ms: tests only]

local id, path = ARGV[1], ARGV[2]
if #id < 8 or #id > 128 then return {'bad', 'id'} end
if path ~= '' and KEYS[4]:sub(-#path) ~= path then return {'bad', 'path'} end

local now = clock(ARGV[3])
local hold = try('HGET', KEYS[5], id)
if type(hold) == 'table' then return failed(hold, KEYS[5]) end

-- Takes the id out of `due`, which was not read, then out of the holds.
-- Returns an answer on failure.
local function forget()
  local r = try('ZREM', KEYS[6], id)
  if type(r) == 'table' then return failed(r, KEYS[6]) end
  call('HDEL', KEYS[5], id)
end

if not hold then return forget() or {'gone'} end
if #hold == 9 then
  local state = hold:sub(1, 1)
  if state ~= 's' and state ~= 'r' then return {'corrupt', KEYS[5], id} end
  local at = try('ZSCORE', KEYS[6], id)
  if type(at) == 'table' then return failed(at, KEYS[6]) end
  if at and now < tonumber(at) then return {'early'} end
  return forget() or {'forgotten'}
end
if #hold < 50 then return {'corrupt', KEYS[5], id} end
local state, amount, deadline, w1, w2, w3, w4 = parse('<c1dddddd', hold)
if not (amount >= 0 and amount <= 9e15) or (state ~= 'o' and state ~= 'x') then return {'corrupt', KEYS[5], id} end
if hold:sub(50) ~= path then return {'mismatch'} end
if now < deadline then return {'early'} end
-- An expired hold stays for ten minutes after its deadline, to be corrected.
local over = now >= deadline + 600000
if state == 'x' then
  if not over then return {'early'} end
  return forget() or {'forgotten'}
end

local fields, values = {}, {}
for i, start in ipairs({w1, w2, w3, w4}) do
  fields[i], values[i] = charged(KEYS[i], start, amount, -amount)
  if not fields[i] then return values[i] end
end
if over then
  local failure = forget()
  if failure then return failure end
else
  local r = try('ZADD', KEYS[6], string.format('%d', deadline + 600000), id)
  if type(r) == 'table' then return failed(r, KEYS[6]) end
  call('HSET', KEYS[5], id, 'x' .. hold:sub(2))
end
for i = 1, 4 do call('HSET', KEYS[i], fields[i], values[i]) end
return {'expired', amount}
