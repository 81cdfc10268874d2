package stage

import "time"

// Client is what the scenarios ask of a Kafka client; each method is told in the client's own words. What not every client
// has is an interface of its own below, and a scenario of those that have it.
type Client interface {
	// What the client can do beyond its methods.
	Traits() Traits
	// Kafka's code of an error of this client, 0 if it has none.
	Code(err error) int16

	Producer(topic string, how Settings) (Producer, error)
	Reader(topic string, partition int32, from Place) (Reader, error)
	Join(group, topic string, how Membership) (Member, error)

	CreateTopic(topic string, partitions int32, replicas int16, configs map[string]string) error
	DeleteTopic(topic string) error
	Topics() (map[string]int, error) // how many partitions each has
	AddPartitions(topic string, count int32) error
	Config(topic, name string) (Config, error)
	SetConfig(topic, name, value string) error // incrementally; value "" goes back to the default
	ReplaceConfigs(topic string, configs map[string]string) error
	Offset(topic string, partition int32, at int64) (int64, error)
	Groups() ([]string, error)
	Group(group string) (Group, error)
	Commit(group, topic string, offsets map[int32]int64) error
	Committed(group, topic string) (map[int32]int64, error)
	DeleteOffsets(group, topic string, partition int32) error
	DeleteGroup(group string) error
	Cluster() (brokers int, controllerIsOne bool, err error)
}

type RecordDeleter interface {
	DeleteRecords(topic string, partition int32, before int64) error
}

type Elector interface {
	ElectLeader(topic string, partition int32) error
}

// Reassigner counts the moves of replicas that are under way.
type Reassigner interface {
	Reassignments(topic string) (int, error)
}

// DirectoryDescriber says how many bytes the broker's directories hold of a partition.
type DirectoryDescriber interface {
	BytesOnDisk(topic string, partition int32) (int64, error)
}

// ProducerDescriber says the last sequence of each idempotent producer of a partition.
type ProducerDescriber interface {
	LastSequences(topic string, partition int32) ([]int32, error)
}

// EpochFinder says where a leader epoch of a partition ends.
type EpochFinder interface {
	EndOfEpoch(topic string, partition int32, epoch int32) (int64, error)
}

type Traits struct {
	Idempotent bool
	Static     bool // members with a name that outlives them
	Protocols  []Protocol
	Null       bool // a header's value can be null
	Merges     bool // what is empty is null to its readers
}

// Protocol is a way of sharing partitions, by the client's name for it.
type Protocol struct {
	Name  string
	Needs []int
}

type Settings struct {
	Codec      string // none, gzip, snappy, lz4, zstd
	Acks       string // 0, 1, all
	Idempotent bool
}

type Producer interface {
	// Send waits for the broker's answer; the offsets are nil if there are none with these acks.
	Send(records []Record) (offsets []int64, err error)
	Close() error
}

// Place is where a reader begins: at an offset, at the first record of a time, or behind all that is there.
type Place struct {
	Offset  int64
	Time    int64
	Latest  bool
	MaxWait time.Duration // how long the broker may hold a fetch; 0 is the client's default
}

type Reader interface {
	Next(seconds int) ([]Record, error)
	Close() error
}

type Membership struct {
	Protocol string // one of Traits; "" is the client's default
	Instance string // the name of a static member
	Each     func(Record) (commit bool)
}

type Member interface {
	Held() []int32
	Leave() error // returns what went wrong in its life, too
}

// Times that Offset takes beside milliseconds.
const (
	Latest   int64 = -1
	Earliest int64 = -2
)

type Config struct {
	Value   string
	Default bool
}

type Group struct {
	State   string
	Members int
}

// Kafka's error codes that the scenarios expect.
const (
	OffsetOutOfRange         int16 = 1
	UnknownTopicOrPartition  int16 = 3
	InvalidTopic             int16 = 17
	TopicAlreadyExists       int16 = 36
	InvalidPartitions        int16 = 37
	InvalidReplicationFactor int16 = 38
	InvalidConfig            int16 = 40
	NonEmptyGroup            int16 = 68
	GroupIDNotFound          int16 = 69
	ElectionNotNeeded        int16 = 84
	GroupSubscribedToTopic   int16 = 86
)
