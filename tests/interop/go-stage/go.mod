module millrace.test/stage

go 1.26
