-- The usual settle: an open hold whose windows are all still open. Whatever else
-- there is falls through to the rest of the script, with nothing written.
do
  local call, try, pack, parse = redis.call, redis.pcall, struct.pack, struct.unpack
  local byte, find, number = string.byte, string.find, tonumber
  local k1, k2, k3, k4, id, path = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[3]
  local actual, keep = number(ARGV[2]), number(ARGV[4])
  local hold = try('HGET', KEYS[5], id)
  -- The length of an error, which is a table, is 0.
  if hold and path ~= '' and #hold == 49 + #path and byte(hold) == 111
    and find(hold, path, 50, true) and find(k4, path, -#path, true)
    and actual and actual <= 9e15 and (find(ARGV[2], '^[1-9]%d*$') or ARGV[2] == '0')
    and keep and keep <= 86400000 and find(ARGV[4], '^[1-9]%d*$')
  then
    local w1, w2, w3, w4 = try('HGET', k1, 'w'), try('HGET', k2, 'w'), try('HGET', k3, 'w'), try('HGET', k4, 'w')
    if w1 and w2 and w3 and w4 and #w1 == 64 and #w2 == 64 and #w3 == 64 and #w4 == 64 then
      local _, amount, _, from1, from2, from3, from4 = parse('<c1dddddd', hold)
      local start1, end1, a1, b1, h1, last1, m1, x1 = parse('<dddddddd', w1)
      local start2, end2, a2, b2, h2, last2, m2, x2 = parse('<dddddddd', w2)
      local start3, end3, a3, b3, h3, last3, m3, x3 = parse('<dddddddd', w3)
      local start4, end4, a4, b4, h4, last4, m4, x4 = parse('<dddddddd', w4)
      b1, b2, b3, b4 = b1 + actual, b2 + actual, b3 + actual, b4 + actual
      h1, h2, h3, h4 = h1 - amount, h2 - amount, h3 - amount, h4 - amount
      if start1 == from1 and start2 == from2 and start3 == from3 and start4 == from4 and amount >= 0
        and a1 >= 0 and a2 >= 0 and a3 >= 0 and a4 >= 0 and a1 <= 9e15 and a2 <= 9e15 and a3 <= 9e15 and a4 <= 9e15
        and b1 >= actual and b2 >= actual and b3 >= actual and b4 >= actual
        and b1 < 1e12 and b2 < 1e12 and b3 < 1e12 and b4 < 1e12
        and h1 >= 0 and h2 >= 0 and h3 >= 0 and h4 >= 0 and h1 <= 9e15 and h2 <= 9e15 and h3 <= 9e15 and h4 <= 9e15
      then
        local now
        if ARGV[5] then
          now = number(ARGV[5])
        else
          local t = call('TIME')
          local us = t[2] + 0
          now = t[1] * 1000 + (us - us % 1000) / 1000
        end
        -- `due` first: it was not read, and a wrong type must show before a change.
        if type(try('ZADD', KEYS[6], string.format('%d', now + keep), id)) == 'number' then
          call('HSET', KEYS[5], id, pack('<c1d', 's', actual))
          call('HSET', k1, 'w', pack('<dddddddd', start1, end1, a1, b1, h1, last1, m1, x1))
          call('HSET', k2, 'w', pack('<dddddddd', start2, end2, a2, b2, h2, last2, m2, x2))
          call('HSET', k3, 'w', pack('<dddddddd', start3, end3, a3, b3, h3, last3, m3, x3))
          call('HSET', k4, 'w', pack('<dddddddd', start4, end4, a4, b4, h4, last4, m4, x4))
          return {'settled', actual}
        end
      end
    end
  end
end

