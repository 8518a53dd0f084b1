-- A change that cannot get its lock soon gives up, instead of holding up everybody behind it.
SET lock_timeout = '5s';
SET statement_timeout = 0;
