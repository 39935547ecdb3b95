BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0009');
CREATE TABLE blocks (
	user_id BIGINT NOT NULL, 
	blocked_by BIGINT NOT NULL, 
	blocked_at FLOAT NOT NULL, 
	CONSTRAINT pk_blocks PRIMARY KEY (user_id)
);
CREATE TABLE drafts (
	id VARCHAR(16) NOT NULL, 
	user_id BIGINT NOT NULL, 
	guild_id BIGINT, 
	channel_id BIGINT NOT NULL, 
	reply_to BIGINT, 
	prompt VARCHAR(4000) NOT NULL, 
	model VARCHAR(128), 
	size VARCHAR(16), 
	seconds VARCHAR(16), 
	"references" JSON NOT NULL, 
	parent_id VARCHAR(8), 
	created_at FLOAT NOT NULL, uploads JSON DEFAULT '[]' NOT NULL, retry_of VARCHAR(8), pictures_dropped BOOLEAN DEFAULT '0' NOT NULL, private BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_drafts PRIMARY KEY (id)
);
INSERT INTO "drafts" VALUES('2a5c4625ecd44261',{ada},{guild},{channel},1577344273089560576,'Make it a bit more colourful',NULL,NULL,NULL,'[]','9KYF6NMV',1.79613858038414764403e+09,'[]',NULL,0,0);
INSERT INTO "drafts" VALUES('0f3f51d1d1f94af8',{ada},{guild},{channel},NULL,'','gpt-4o-video',NULL,NULL,'[]',NULL,1.79613858239582514764e+09,'[]',NULL,0,0);
CREATE TABLE jobs (
	id VARCHAR(8) NOT NULL, 
	origin_id VARCHAR(64) NOT NULL, 
	ordinal INTEGER NOT NULL, 
	via VARCHAR(16) NOT NULL, 
	user_id BIGINT NOT NULL, 
	guild_id BIGINT, 
	channel_id BIGINT NOT NULL, 
	reply_to BIGINT, 
	history_after BIGINT, 
	locale VARCHAR(16) NOT NULL, 
	provider VARCHAR(512) NOT NULL, 
	remote_id VARCHAR(1024), 
	idempotency_key VARCHAR(36) NOT NULL, 
	parent_id VARCHAR(8), 
	retry_of VARCHAR(8), 
	prompt VARCHAR(4000) NOT NULL, 
	model VARCHAR(128), 
	size VARCHAR(16), 
	seconds VARCHAR(16), 
	"references" JSON NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	cause VARCHAR(16), 
	about VARCHAR(8), 
	waiting_for VARCHAR(16), 
	withheld BOOLEAN NOT NULL, 
	progress INTEGER, 
	clean_refusals INTEGER NOT NULL, 
	fetch_tries INTEGER NOT NULL, 
	video_sha256 VARCHAR(64), 
	video_bytes BIGINT, 
	accepted_at FLOAT NOT NULL, 
	submitted_at FLOAT, 
	completed_at FLOAT, 
	ended_at FLOAT, 
	late_at FLOAT, 
	removed_at FLOAT, 
	revived_at FLOAT, 
	answered_at FLOAT, 
	not_before FLOAT NOT NULL, 
	owner VARCHAR(64), 
	fence INTEGER NOT NULL, field VARCHAR(64), provider_code VARCHAR(128), charged VARCHAR(8) DEFAULT 'no' NOT NULL, cost_micros BIGINT, removed_by BIGINT, thread_of BIGINT, fit_step VARCHAR(8), fitted_sha256 VARCHAR(64), fitted_bytes BIGINT, posted_as VARCHAR(8), usual_low_seconds INTEGER, usual_high_seconds INTEGER, dm_channel_id BIGINT, private BOOLEAN DEFAULT '0' NOT NULL, reported JSON, 
	CONSTRAINT pk_jobs PRIMARY KEY (id), 
	CONSTRAINT uq_jobs_idempotency_key UNIQUE (idempotency_key), 
	CONSTRAINT uq_jobs_origin_id_ordinal UNIQUE (origin_id, ordinal), 
	CONSTRAINT uq_jobs_provider_remote_id UNIQUE (provider, remote_id)
);
INSERT INTO "jobs" VALUES('PZ5FFRMJ','1576964876100698119',0,'command',{ada},{guild},{channel},NULL,1576964876100698119,'en-US','{provider}',NULL,'b0a0fbd5-00ef-492c-a2c0-abefd9bb0817',NULL,NULL,'Was lost','gpt-4o-video',NULL,NULL,'[]','lost','lost',NULL,NULL,0,NULL,0,0,NULL,NULL,1.79604812511648249625e+09,1.79604812564997744564e+09,NULL,1.7961346569872889519e+09,NULL,NULL,NULL,NULL,1.79604812511648249625e+09,NULL,0,NULL,NULL,'unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "jobs" VALUES('AYTNRFRZ','1576964879510667264',0,'command',{ada},{guild},{channel},NULL,1576964879510667264,'en-US','{provider}','{remote_22}','31fb8e3f-5e9a-44ad-899f-4a8ebf4c7fd5',NULL,NULL,'Was undeliverable','gpt-4o-video',NULL,NULL,'[]','undeliverable','provider',NULL,NULL,0,NULL,0,0,NULL,NULL,1.79604812594857287406e+09,1.7960481262597188949e+09,1.79604812686787796024e+09,1.796134747345678091e+09,NULL,NULL,NULL,NULL,1.79604812594857287406e+09,NULL,0,NULL,NULL,'yes',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'[["model", "gpt-4o-video"], ["size", "160x90"], ["duration", "4.0"]]');
INSERT INTO "jobs" VALUES('9KYF6NMV','1577328448790069248',0,'command',{ada},{guild},{channel},NULL,1577328448790069248,'en-US','{provider}','{remote_23}','83975b85-e971-476c-ad20-98042b303801',NULL,NULL,'Was delivered','gpt-4o-video',NULL,NULL,'[]','delivered',NULL,NULL,NULL,0,NULL,0,0,'0dc70ff0bbbaf79ae78a9a6ba42c7068fe3ef55670dc5704ebb968c2cc1abae0',8026,1.79613480760080528259e+09,1.79613480799035906787e+09,1.7961348084716968536e+09,1.79613480897171521192e+09,NULL,NULL,NULL,NULL,1.79613480760080528259e+09,NULL,0,NULL,NULL,'yes',NULL,NULL,NULL,NULL,NULL,NULL,'upload',NULL,NULL,NULL,0,'[["model", "gpt-4o-video"], ["size", "160x90"], ["duration", "4.0"]]');
INSERT INTO "jobs" VALUES('YSAXSF23','1577328455467401216',0,'command',{ada},{guild},{channel},NULL,1577328455467401216,'en-US','{provider}',NULL,'b92cc812-0ae6-457b-bd1a-a04609ea6d76',NULL,NULL,'Was forbidden','gpt-4o-video',NULL,NULL,'[]','refused','content',NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613480920012664795e+09,1.79613480939811897283e+09,NULL,1.79613480950089097025e+09,NULL,NULL,NULL,NULL,1.79613480920012664795e+09,NULL,0,NULL,'content_policy_violation','no',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "jobs" VALUES('GG8V1HCQ','1577328457291923456',0,'command',{ada},{guild},{channel},NULL,1577328457291923456,'en-US','{provider}','{remote_24}','d55089be-d232-4ce8-ad70-1b7143c66689',NULL,NULL,'Was doomed','gpt-4o-video',NULL,NULL,'[]','failed','content',NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613480961444354055e+09,1.79613480999845838547e+09,NULL,1.79613481049630069729e+09,NULL,NULL,NULL,NULL,1.79613480961444354055e+09,NULL,0,NULL,'moderation_blocked','unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'[["model", "gpt-4o-video"]]');
INSERT INTO "jobs" VALUES('RDPW6CVE','1577328461486227456',0,'command',{ada},{guild},{channel},NULL,1577328461486227456,'en-US','{provider}','{remote_25}','ba41ed53-a338-449b-98c2-46df66fb8528',NULL,NULL,'Was kept','gpt-4o-video',NULL,NULL,'[]','cancelled',NULL,NULL,NULL,1,NULL,0,0,'e761490b985022ed5a00185532b03d79c81faae807e84549c27bb665517b44ef',7325,1.79613481059697937961e+09,1.79613481084848546978e+09,1.79613487136330890652e+09,1.79613487560891127588e+09,NULL,NULL,NULL,NULL,1.79613481059697937961e+09,NULL,0,NULL,NULL,'yes',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'[["model", "gpt-4o-video"], ["size", "160x90"], ["duration", "4.0"]]');
INSERT INTO "jobs" VALUES('AWSCZ8JM','1577328738960408576',0,'command',{ada},{guild},{channel},NULL,1577328738960408576,'en-US','{provider}','{remote_26}','b7c4677c-7e7f-4464-ad3b-9ac0c27a1975',NULL,NULL,'Is being posted','gpt-4o-video',NULL,NULL,'[]','posting',NULL,NULL,NULL,0,NULL,0,0,'bc90551ea160dbce265cbcc43109ed893838c01530a0f87bafd5dc2b695266a8',8273,1.79613487675043773648e+09,1.79613487695119166372e+09,1.79613487736360263827e+09,NULL,NULL,NULL,NULL,NULL,1.79613487675043773648e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'yes',NULL,NULL,NULL,NULL,NULL,NULL,'upload',NULL,NULL,NULL,0,'[["model", "gpt-4o-video"], ["size", "160x90"], ["duration", "4.0"]]');
INSERT INTO "jobs" VALUES('KZ9K68TM','1577328742668173312',0,'command',{ada},{guild},{channel},NULL,1577328742668173312,'en-US','{provider}','{remote_27}','a689d7e0-3037-435b-af60-6cbcce022ffe',NULL,NULL,'Is being fetched','gpt-4o-video',NULL,NULL,'[]','fetching',NULL,NULL,NULL,0,NULL,0,2,NULL,NULL,1.79613487767668557164e+09,1.79613487789282822611e+09,1.79613487836017441745e+09,NULL,NULL,NULL,NULL,NULL,1.79613858725927448274e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'yes',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'[["model", "gpt-4o-video"], ["size", "160x90"], ["duration", "4.0"]]');
INSERT INTO "jobs" VALUES('98DE3MK7','1577328746032005120',0,'command',{ada},{guild},{channel},NULL,1577328746032005120,'en-US','{provider}',NULL,'6319d472-d8d7-48bb-9798-3952c2c4fe8e',NULL,NULL,'Is in doubt','gpt-4o-video',NULL,NULL,'[]','uncertain','lost',NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613487848276066785e+09,1.79613487880034589766e+09,NULL,NULL,NULL,NULL,NULL,NULL,1.79613487848276066785e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "jobs" VALUES('345ZKC72','1577328748259180544',0,'command',{ada},{guild},{channel},NULL,1577328748259180544,'en-US','{provider}','{remote_28}','b52ef176-7fac-45fe-b808-f8a794cf30d7',NULL,NULL,'Is late','gpt-4o-video',NULL,NULL,'[]','rendering',NULL,NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613487903665709497e+09,1.79613487933257126808e+09,NULL,NULL,1.79613857955928921702e+09,NULL,NULL,NULL,1.79613487903665709497e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'[["model", "gpt-4o-video"]]');
INSERT INTO "jobs" VALUES('Q8SXH5TD','1577344269524402176',0,'command',{ada},{guild},{channel},NULL,1577344269524402176,'en-US','{provider}','{remote_29}','ee6cd8fe-a570-4693-b97d-3452126d09a9',NULL,NULL,'Is rendering','gpt-4o-video',NULL,NULL,'[]','rendering',NULL,NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613857966634726521e+09,1.79613858022046685223e+09,NULL,NULL,NULL,NULL,NULL,NULL,1.79613857966634726521e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'[["model", "gpt-4o-video"]]');
INSERT INTO "jobs" VALUES('GD7AG5DF','1577344274079416320',0,'command',{ada},{guild},{channel},NULL,1577344274079416320,'en-US','{provider}','{remote_30}','a6601d79-88eb-4b1b-a3bc-f2d4a78c5b6d',NULL,NULL,'Takes place 0','gpt-4o-video',NULL,NULL,'[]','rendering',NULL,NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613858059963941568e+09,1.79613858094744944572e+09,NULL,NULL,NULL,NULL,NULL,NULL,1.79613858059963941568e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'[["model", "gpt-4o-video"]]');
INSERT INTO "jobs" VALUES('BCZ2V3S6','1577344276361117696',0,'command',{ada},{guild},{channel},NULL,1577344276361117696,'en-US','{provider}','{remote_31}','d0d8e8bc-ba7d-457d-b2d6-8f4d57032791',NULL,NULL,'Takes place 1','gpt-4o-video',NULL,NULL,'[]','rendering',NULL,NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613858114312553403e+09,1.79613858136158561704e+09,NULL,NULL,NULL,NULL,NULL,NULL,1.79613858114312553403e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'unknown',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,'[["model", "gpt-4o-video"]]');
INSERT INTO "jobs" VALUES('PENT9WZZ','1577344278135308288',0,'command',{ada},{guild},{channel},NULL,1577344278135308288,'en-US','{provider}',NULL,'246f574c-d11a-4118-a868-b7f5596e7af4',NULL,NULL,'Is being sent','gpt-4o-video',NULL,NULL,'[]','submitting',NULL,NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613858156127643582e+09,1.79613858179362130161e+09,NULL,NULL,NULL,NULL,NULL,NULL,1.79613858156127643582e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'no',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "jobs" VALUES('89GJWWKV','1577344279548788736',0,'command',{ada},{guild},{channel},NULL,1577344279548788736,'en-US','{provider}',NULL,'c8409d74-f4af-424c-a02b-cd44b22a5e49',NULL,NULL,'Is waiting','gpt-4o-video',NULL,NULL,'[]','accepted',NULL,NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613858190762567517e+09,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1.79613858190762567517e+09,'vm:27681:64ce98a80df0',0,NULL,NULL,'no',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO "jobs" VALUES('FHDQ61FG','1577344279817224192',0,'command',{ada},{guild},{channel},NULL,1577344279817224192,'en-US','{provider}',NULL,'f0cc9f30-1831-424c-b660-3eaeebb4eb4f',NULL,NULL,'Was cancelled','gpt-4o-video',NULL,NULL,'[]','cancelled',NULL,NULL,NULL,0,NULL,0,0,NULL,NULL,1.79613858198405551905e+09,NULL,NULL,1.79613858227596712114e+09,NULL,NULL,NULL,NULL,1.79613858198405551905e+09,NULL,0,NULL,NULL,'no',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
CREATE TABLE "marks" (
	name VARCHAR(32) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_marks PRIMARY KEY (name)
);
INSERT INTO "marks" VALUES('lineage','16dcbb4a431f42a4924ab137530de0ba');
INSERT INTO "marks" VALUES('generation','41');
CREATE TABLE offers (
	id BIGINT NOT NULL, 
	user_id BIGINT NOT NULL, 
	video_id VARCHAR(8) NOT NULL, 
	guild_id BIGINT, 
	channel_id BIGINT NOT NULL, 
	draft_id VARCHAR(16) NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	locale VARCHAR(16) NOT NULL, 
	message_id BIGINT, 
	delete_at FLOAT NOT NULL, 
	gone_at FLOAT, shown_at FLOAT, owner VARCHAR(64), 
	CONSTRAINT pk_offers PRIMARY KEY (id)
);
INSERT INTO "offers" VALUES(1577344273089560576,{ada},'9KYF6NMV',{guild},{channel},'2a5c4625ecd44261','ask','en-US',{message_13},1.79613864047928118708e+09,NULL,1.796138580479281187e+09,'vm:27681:64ce98a80df0');
CREATE TABLE pictures (
	file_name VARCHAR(80) NOT NULL, 
	content BLOB NOT NULL, 
	stored_at FLOAT NOT NULL, 
	CONSTRAINT pk_pictures PRIMARY KEY (file_name)
);
CREATE TABLE posts (
	job_id VARCHAR(8) NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	number INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	channel_id BIGINT NOT NULL, 
	message_id BIGINT, 
	tries INTEGER NOT NULL, 
	attempted_at FLOAT, 
	not_before FLOAT NOT NULL, attempted_after BIGINT, owner VARCHAR(64), file_denial VARCHAR(8), moved_for VARCHAR(8), 
	CONSTRAINT pk_posts PRIMARY KEY (job_id, kind, number)
);
INSERT INTO "posts" VALUES('PZ5FFRMJ','card',1,'gone',{channel},1576964878218821632,1,NULL,0.0,NULL,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('PZ5FFRMJ','unsure',1,'sent',{channel},{message_0},1,NULL,0.0,1576963621538234368,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('AYTNRFRZ','card',1,'gone',{channel},1576964880823484416,1,NULL,0.0,1576963622007996416,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('PZ5FFRMJ','fail',1,'sent',{channel},{message_1},1,NULL,0.0,1577326937875939328,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('AYTNRFRZ','fail',1,'sent',{channel},{message_2},1,NULL,0.0,1577327190784081920,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('9KYF6NMV','card',1,'gone',{channel},1577328450392293376,1,NULL,0.0,1577327191606165504,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('9KYF6NMV','video',1,'sent',{channel},{message_3},1,NULL,0.0,1577327196001796096,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('YSAXSF23','card',1,'gone',{channel},1577328456524365824,1,NULL,0.0,1577327197981507584,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('YSAXSF23','fail',1,'sent',{channel},{message_4},1,NULL,0.0,1577327199227215872,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('GG8V1HCQ','card',1,'gone',{channel},1577328458529243136,1,NULL,0.0,1577327199738920960,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('GG8V1HCQ','fail',1,'sent',{channel},{message_5},1,NULL,0.0,1577327203123724288,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('RDPW6CVE','card',1,'sent',{channel},{message_6},1,NULL,0.0,1577327203660595200,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('AWSCZ8JM','card',1,'sent',{channel},{message_7},1,NULL,0.0,1577327481180913664,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('AWSCZ8JM','video',1,'sending',{channel},NULL,3,1.79613487760563874241e+09,1.7961385892703821659e+09,1577327484385361920,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('KZ9K68TM','card',1,'sent',{channel},{message_8},1,NULL,0.0,1577327485207445504,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('98DE3MK7','card',1,'gone',{channel},1577328747449679872,1,NULL,0.0,1577327488760020992,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('98DE3MK7','unsure',1,'sent',{channel},{message_9},1,NULL,0.0,1577327490299330560,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('345ZKC72','card',1,'sent',{channel},{message_10},1,NULL,0.0,1577327490995585024,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('345ZKC72','late',1,'sent',{channel},{message_11},1,NULL,0.0,1577343012680237056,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('Q8SXH5TD','card',1,'sent',{channel},{message_12},1,NULL,0.0,1577343013296799744,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('GD7AG5DF','card',1,'sent',{channel},{message_14},1,NULL,0.0,1577343016169897984,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('BCZ2V3S6','card',1,'sent',{channel},{message_15},1,NULL,0.0,1577343018397073408,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('PENT9WZZ','card',1,'sent',{channel},{message_16},1,NULL,0.0,1577343020355813376,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('89GJWWKV','card',1,'sent',{channel},{message_17},1,NULL,0.0,1577343021731545088,'vm:27681:64ce98a80df0',NULL,NULL);
INSERT INTO "posts" VALUES('FHDQ61FG','card',1,'gone',{channel},{message_18},1,NULL,0.0,1577343022406828032,'vm:27681:64ce98a80df0',NULL,NULL);
CREATE TABLE processes (
	name VARCHAR(64) NOT NULL, 
	lease_until FLOAT NOT NULL, 
	facts TEXT NOT NULL, 
	CONSTRAINT pk_processes PRIMARY KEY (name)
);
CREATE TABLE roles (
	name VARCHAR(16) NOT NULL, 
	holder VARCHAR(64), 
	CONSTRAINT pk_roles PRIMARY KEY (name)
);
INSERT INTO "roles" VALUES('submitter',NULL);
CREATE TABLE upload_limits (
	guild_id BIGINT NOT NULL, 
	accepted_bytes BIGINT, 
	accepted_at FLOAT, 
	refused_bytes BIGINT, 
	refused_at FLOAT, 
	refused_hint_bytes BIGINT, doubted_bytes BIGINT, doubted_at FLOAT, doubted_by BIGINT, doubted_hint_bytes BIGINT, 
	CONSTRAINT pk_upload_limits PRIMARY KEY (guild_id)
);
CREATE INDEX ix_jobs_submitted_at ON jobs (submitted_at);
CREATE INDEX ix_jobs_user_id_accepted_at ON jobs (user_id, accepted_at);
CREATE INDEX ix_offers_gone_at_delete_at ON offers (gone_at, delete_at);
CREATE INDEX ix_offers_user_id_video_id ON offers (user_id, video_id);
CREATE INDEX ix_posts_message_id ON posts (message_id);
CREATE INDEX ix_posts_state_kind ON posts (state, kind);
CREATE INDEX ix_jobs_accepted_at ON jobs (accepted_at);
CREATE INDEX ix_jobs_unended ON jobs (state, user_id) WHERE ended_at IS NULL;
CREATE INDEX ix_jobs_user_id_ended_at ON jobs (user_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ix_jobs_ended_at ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX ix_jobs_completed_at ON jobs (completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX ix_jobs_removed_at ON jobs (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX ix_jobs_provider_model_size_seconds_completed_at ON jobs (provider, model, size, seconds, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX ix_jobs_parent_id_accepted_at ON jobs (parent_id, accepted_at) WHERE parent_id IS NOT NULL;
COMMIT;
