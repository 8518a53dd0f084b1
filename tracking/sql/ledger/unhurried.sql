-- What is built beside everybody may wait as long as somebody's transaction lasts.
SET lock_timeout = 0;
SET statement_timeout = 0;
