-- The usual reserve: every window is open, every limit leaves room, and the id
-- is new. It makes no closure and no table, because it is run for every request;
-- whatever else there is falls through to the rest of the script, with nothing
-- written.
do
  local call, try, pack, parse = redis.call, redis.pcall, struct.pack, struct.unpack
  local byte, find, sub = string.byte, string.find, string.sub
  local keys, args = KEYS, ARGV
  local k1, k2, k3, k4, open, id, amount, ttl = keys[1], keys[2], keys[3], keys[4], keys[5], args[1], args[2], args[3]
  local got = try('HMGET', open, k1, k2, k3, k4, id) -- an error has no elements
  local w1, w2, w3, w4 = got[1], got[2], got[3], got[4]
  if w1 and w2 and w3 and w4 and not got[5] and #w1 == 64 and #w2 == 64 and #w3 == 64 and #w4 == 64
    and amount and ttl and find(amount, '^[1-9]%d*$') and find(ttl, '^[1-9]%d*$')
    and #id >= 8 and #id <= 128 and (byte(id) ~= 116 or sub(id, 1, 4) ~= 'tg:{')
  then
    local now, now_s
    amount, ttl = amount + 0, ttl + 0
    if args[4] then
      now = args[4] + 0
      now_s = now / 1000
    else
      local t = call('TIME')
      local us = t[2] + 0
      now_s = t[1] + 0
      now = now_s * 1000 + (us - us % 1000) / 1000
    end

    local start1, end1, a1, b1, h1, last1, m1, x1 = parse('<dddddddd', w1)
    local start2, end2, a2, b2, h2, last2, m2, x2 = parse('<dddddddd', w2)
    local start3, end3, a3, b3, h3, last3, m3, x3 = parse('<dddddddd', w3)
    local start4, end4, a4, b4, h4, last4, m4, x4 = parse('<dddddddd', w4)
    -- The limit of a user who is not listed must be the group's of today, and
    -- every level must have one: 1e17 is none, whatever was spent.
    if amount <= 9e15 and ttl <= 600000
      and (x4 == 0 or m4 == x3)
      and m1 <= 9e15 and m2 <= 9e15 and m3 <= 9e15 and m4 <= 9e15
      and now_s < end1 and now_s < end2 and now_s < end3 and now_s < end4 and now < last4 + 60000
      and a1 >= 0 and a2 >= 0 and a3 >= 0 and a4 >= 0 and a1 < 9e6 and a2 < 9e6 and a3 < 9e6 and a4 < 9e6
      and b1 >= 0 and b2 >= 0 and b3 >= 0 and b4 >= 0 and b1 < 1e12 and b2 < 1e12 and b3 < 1e12 and b4 < 1e12
      and h1 >= 0 and h2 >= 0 and h3 >= 0 and h4 >= 0
    then
      h1, h2, h3, h4 = h1 + amount, h2 + amount, h3 + amount, h4 + amount
      -- No limit is -1; Alert and Throttle are -2 less the amount, and refuse nothing.
      local left1 = m1 ~= -1 and (m1 < 0 and -2 - m1 or m1) - a1 * 1e12 - b1 - h1 or 0
      local left2 = m2 ~= -1 and (m2 < 0 and -2 - m2 or m2) - a2 * 1e12 - b2 - h2 or 0
      local left3 = m3 ~= -1 and (m3 < 0 and -2 - m3 or m3) - a3 * 1e12 - b3 - h3 or 0
      local left4 = m4 ~= -1 and (m4 < 0 and -2 - m4 or m4) - a4 * 1e12 - b4 - h4 or 0
      if left1 >= 0 and left2 >= 0 and left3 >= 0 and left4 >= 0
        and left1 <= 9e15 and left2 <= 9e15 and left3 <= 9e15 and left4 <= 9e15
        and h1 <= 9e15 and h2 <= 9e15 and h3 <= 9e15 and h4 <= 9e15
      then
        local deadline = now + ttl
        -- `due` first: it was not read, and a wrong type must show before a change.
        if type(try('ZADD', keys[6], string.format('%d', deadline), id)) == 'number' then
          if now >= last1 + 60000 then last1 = now end
          if now >= last2 + 60000 then last2 = now end
          if now >= last3 + 60000 then last3 = now end
          call('HSET', open, id, pack('<c1ddddddc0', 'o', amount, deadline, start1, start2, start3, start4, k4),
            k1, pack('<dddddddd', start1, end1, a1, b1, h1, last1, m1, x1),
            k2, pack('<dddddddd', start2, end2, a2, b2, h2, last2, m2, x2),
            k3, pack('<dddddddd', start3, end3, a3, b3, h3, last3, m3, x3),
            k4, pack('<dddddddd', start4, end4, a4, b4, h4, last4, m4, x4))
          if m1 == -1 then left1 = -1 end
          if m2 == -1 then left2 = -1 end
          if m3 == -1 then left3 = -1 end
          if m4 == -1 then left4 = -1 end
          return pack('<dddddddddd', amount, deadline, start1, start2, start3, start4, left1, left2, left3, left4)
        end
      end
    end
  end
end

