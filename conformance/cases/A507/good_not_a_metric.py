import logging

seen = set()
seen.add(user_id)
logging.getLogger("shop").info("placed", extra={"user_id": user_id})
