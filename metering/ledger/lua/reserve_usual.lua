-- The usual reserve: every window is open, every limit leaves room, and the id
-- is new. It makes no closure and no table but its answer, because it is run for
-- every request; whatever else there is falls through to the rest of the script,
-- with nothing written.
do
  local call, try, pack, parse = redis.call, redis.pcall, struct.pack, struct.unpack
  local sub, byte, find, number = string.sub, string.byte, string.find, tonumber
  local k1, k2, k3, k4, id, path = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[4]
  local amount, ttl = number(ARGV[2]), number(ARGV[3])
  local w1, w2, w3, w4 = try('HGET', k1, 'w'), try('HGET', k2, 'w'), try('HGET', k3, 'w'), try('HGET', k4, 'w')
  if w1 and w2 and w3 and w4 and #w1 == 48 and #w2 == 48 and #w3 == 48 and #w4 == 48
    and amount and amount >= 1 and amount <= 9e15 and not find(ARGV[2], '%D') and byte(ARGV[2]) ~= 48
    and ttl and ttl >= 1 and ttl <= 600000 and not find(ARGV[3], '%D') and byte(ARGV[3]) ~= 48
    and #id >= 8 and #id <= 128 and path ~= '' and sub(k4, -#path) == path
  then
    -- A user who is not listed has `wl`, which the group's `ul` may have left behind.
    local l4 = call('HGET', k4, 'wl')
    if l4 then
      if l4 ~= call('HGET', k3, 'ul') then l4 = nil end
    else
      l4 = call('HGET', k4, 'lim')
    end
    local l1, l2, l3 = call('HGET', k1, 'lim'), call('HGET', k2, 'lim'), call('HGET', k3, 'lim')

    local now, now_s
    if ARGV[5] then
      now = number(ARGV[5])
      now_s = now / 1000
    else
      local t = call('TIME')
      local us = number(t[2])
      now_s = number(t[1])
      now = now_s * 1000 + (us - us % 1000) / 1000
    end

    local start1, end1, a1, b1, h1, last1 = parse('<dddddd', w1)
    local start2, end2, a2, b2, h2, last2 = parse('<dddddd', w2)
    local start3, end3, a3, b3, h3, last3 = parse('<dddddd', w3)
    local start4, end4, a4, b4, h4, last4 = parse('<dddddd', w4)
    if l1 and l2 and l3 and l4
      and now_s < end1 and now_s < end2 and now_s < end3 and now_s < end4 and now < last4 + 60000
      and a1 >= 0 and a2 >= 0 and a3 >= 0 and a4 >= 0 and a1 < 9e6 and a2 < 9e6 and a3 < 9e6 and a4 < 9e6
      and b1 >= 0 and b2 >= 0 and b3 >= 0 and b4 >= 0 and b1 < 1e12 and b2 < 1e12 and b3 < 1e12 and b4 < 1e12
      and h1 >= 0 and h2 >= 0 and h3 >= 0 and h4 >= 0
    then
      h1, h2, h3, h4 = h1 + amount, h2 + amount, h3 + amount, h4 + amount
      -- 66, 65 and 84 are Block, Alert and Throttle; '-' is no limit. A limit
      -- that is out of range, or that is not a number, leaves no room.
      local c1, c2, c3, c4 = byte(l1), byte(l2), byte(l3), byte(l4)
      local m1 = (c1 == 66 or c1 == 65 or c1 == 84) and number(sub(l1, 2)) or -1
      local m2 = (c2 == 66 or c2 == 65 or c2 == 84) and number(sub(l2, 2)) or -1
      local m3 = (c3 == 66 or c3 == 65 or c3 == 84) and number(sub(l3, 2)) or -1
      local m4 = (c4 == 66 or c4 == 65 or c4 == 84) and number(sub(l4, 2)) or -1
      local left1 = l1 ~= '-' and m1 - a1 * 1e12 - b1 - h1 or 0
      local left2 = l2 ~= '-' and m2 - a2 * 1e12 - b2 - h2 or 0
      local left3 = l3 ~= '-' and m3 - a3 * 1e12 - b3 - h3 or 0
      local left4 = l4 ~= '-' and m4 - a4 * 1e12 - b4 - h4 or 0
      if left1 >= 0 and left2 >= 0 and left3 >= 0 and left4 >= 0
        and m1 <= 9e15 and m2 <= 9e15 and m3 <= 9e15 and m4 <= 9e15
        and h1 <= 9e15 and h2 <= 9e15 and h3 <= 9e15 and h4 <= 9e15
      then
        local deadline = now + ttl
        local hold = pack('<c1ddddddc0', 'o', amount, deadline, start1, start2, start3, start4, path)
        if try('HSETNX', KEYS[5], id, hold) == 1 then
          if type(try('ZADD', KEYS[6], string.format('%d', deadline), id)) == 'number' then
            if now >= last1 + 60000 then last1 = now end
            if now >= last2 + 60000 then last2 = now end
            if now >= last3 + 60000 then last3 = now end
            call('HSET', k1, 'w', pack('<dddddd', start1, end1, a1, b1, h1, last1))
            call('HSET', k2, 'w', pack('<dddddd', start2, end2, a2, b2, h2, last2))
            call('HSET', k3, 'w', pack('<dddddd', start3, end3, a3, b3, h3, last3))
            call('HSET', k4, 'w', pack('<dddddd', start4, end4, a4, b4, h4, last4))
            if l1 == '-' then left1 = -1 end
            if l2 == '-' then left2 = -1 end
            if l3 == '-' then left3 = -1 end
            if l4 == '-' then left4 = -1 end
            return {'granted', amount, deadline, start1, start2, start3, start4, left1, left2, left3, left4}
          end
          call('HDEL', KEYS[5], id)
        end
      end
    end
  end
end

