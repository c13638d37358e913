-- reserve: promise an amount at the four nodes of a path, or at none.
-- KEYS: organization, project, group, user, holds, due, cal, touched
-- ARGV: id, amount, ttl in ms, path [, now in ms: tests only]

local id, amount, ttl, path = ARGV[1], digits(ARGV[2], MAX), digits(ARGV[3], TTL_MAX), ARGV[4]
if not good_id(id) then return {'bad', 'id'} end
if not amount or byte(ARGV[2]) == 48 then return {'bad', 'amount'} end
if not ttl or ttl == 0 then return {'bad', 'ttl'} end
if not path or path == '' or sub(KEYS[4], -#path) ~= path then return {'bad', 'path'} end

local now = clock(ARGV[5])
local now_s = (now - now % 1000) / 1000

local hold = try('HGET', KEYS[5], id)
if hold then
  if type(hold) == 'table' then return failed(hold, KEYS[5]) end
  local state = sub(hold, 1, 1)
  if #hold <= HOLD_BYTES then
    if #hold == TOMBSTONE_BYTES and (state == 's' or state == 'r') then return {'used'} end
    return {'corrupt', KEYS[5], id}
  end
  if sub(hold, HOLD_BYTES + 1) ~= path then return {'mismatch'} end
  if state == 'x' then return {'used'} end
  if state ~= 'o' then return {'corrupt', KEYS[5], id} end
  -- The stored answer; what remains is read now, in the hold's own windows.
  local _, held, deadline, w1, w2, w3, w4 = parse(HOLD, hold)
  local answer, starts, group = {'granted', held, deadline, w1, w2, w3, w4}, {w1, w2, w3, w4}, nil
  for i = 1, 4 do
    local n = level(i, now_s, group)
    if i == 3 then group = n or {} end
    answer[7 + i] = -1
    if n and n.start == starts[i] and n.kind ~= '-' then
      local left = room(n)
      if left < 0 then left = 0 end
      answer[7 + i] = left
    end
  end
  return answer
end

local nodes, why = levels(now_s)
if not nodes then return why end

local answer = {'granted', amount, now + ttl}
for i = 1, 4 do
  local n = nodes[i]
  if n.h + amount > MAX or n.s1 >= FULL then return {'toomuch', i} end
  local left = -1
  if n.kind ~= '-' then
    left = room(n) - amount
    if left < 0 then
      if n.kind == 'B' then return {'refused', i, n.limit, sum(n.s1, n.s0), n.h, n.start} end
      left = 0
    end
  end
  answer[3 + i], answer[7 + i] = n.start, left
  n.h = n.h + amount
end

local failure = schedule(nodes, now, path, id, now + ttl)
if failure then return failure end
call('HSET', KEYS[5], id, pack(HOLD, 'o', amount, now + ttl, nodes[1].start, nodes[2].start, nodes[3].start, nodes[4].start) .. path)
write(nodes, now)
return answer
