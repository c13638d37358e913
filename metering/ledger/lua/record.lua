-- record: add spend that has no hold, to the windows open now.
-- KEYS: organization, project, group, user, holds, due, cal, touched
-- ARGV: id, actual, keep in ms, path [, now in ms: tests only]

local id, actual, keep, path = ARGV[1], digits(ARGV[2], MAX), digits(ARGV[3], KEEP_MAX), ARGV[4]
if not good_id(id) then return {'bad', 'id'} end
if not actual or (#ARGV[2] > 1 and byte(ARGV[2]) == 48) then return {'bad', 'actual'} end
if not keep or keep == 0 then return {'bad', 'keep'} end
if not path or path == '' or sub(KEYS[4], -#path) ~= path then return {'bad', 'path'} end

local now = clock(ARGV[5])
local hold = try('HGET', KEYS[5], id)
if hold then
  if type(hold) == 'table' then return failed(hold, KEYS[5]) end
  local state = sub(hold, 1, 1)
  if #hold == TOMBSTONE_BYTES and (state == 's' or state == 'r') then return {'dup'} end
  if #hold > HOLD_BYTES and (state == 'o' or state == 'x') then return {'held'} end
  return {'corrupt', KEYS[5], id}
end

local nodes, why = levels((now - now % 1000) / 1000)
if not nodes then return why end
for i = 1, 4 do
  local n = nodes[i]
  n.s1, n.s0 = add(n.s1, n.s0, actual)
end

local failure = schedule(nodes, now, path, id, now + keep)
if failure then return failure end
call('HSET', KEYS[5], id, pack(TOMBSTONE, 'r', actual))
write(nodes, now)
return {'recorded'}
