# What Prometheus reads: its text format, version 0.0.4, held to every word of the definition, and what its naming asks for besides.
#
#     use TvProm;
#     my $scrape = TvProm->new($text);
#     is_deeply([ $scrape->problems ], []);
#     $scrape->value('timevmaps_queue_experiments', status => 'ready', kind => 'sr');   # undef: there is none
#     $scrape->sum('timevmaps_attempts_total', outcome => 'failed');                    # of all with these labels
#     $scrape->samples('timevmaps_run_seconds_bucket')                                  # [labels, value] each
#     $scrape->families                                                                 # name => {type, help, labels => {label => 1}}
#     TvProm::expression($scrape, 'rate(x_total[5m])')                                  # what is wrong with PromQL, by these names
package TvProm;
use strict;
use warnings;
use POSIX ();

my $name = qr/[a-zA-Z_:][a-zA-Z0-9_:]*/;
my $label = qr/[a-zA-Z_][a-zA-Z0-9_]*/;
# What Go's ParseFloat takes, without what we never write: hexadecimal floats and underscores.
my $number = qr/[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?i:inf(?:inity)?))|(?i:nan)/;
my %types = map { $_ => 1 } qw(counter gauge histogram summary untyped);

sub new
{
	my ($class, $text) = @_;
	my $self = bless { families => {}, samples => {}, problems => [], done => {}, current => '' }, $class;
	if ($text !~ /\n\z/) { $self->wrong('the last line does not end with a line feed') }
	if ($text =~ /\r/) { $self->wrong('a carriage return') }
	my $number = 0;
	for my $line (split /\n/, $text)
	{
		$self->{line} = ++$number;
		next if $line eq '';
		if ($line =~ /^#/) { $self->comment($line) } else { $self->sample($line) }
	}
	delete $self->{line};
	$self->family_is_whole($_) for sort keys %{ $self->{families} };
	return $self;
}

sub wrong
{
	my ($self, $what) = @_;
	push @{ $self->{problems} }, (defined $self->{line} ? "line $self->{line}: " : '') . $what;
	return;
}

sub problems { return @{ $_[0]{problems} } }
sub families { return $_[0]{families} }
sub samples { return @{ $_[0]{samples}{ $_[1] } // [] } }

# Those of a name that have these labels, and perhaps others.
sub found
{
	my ($self, $of, %labels) = @_;
	return grep { my $have = $_->[0]; !grep { ($have->{$_} // '') ne $labels{$_} } keys %labels } $self->samples($of);
}

sub value
{
	my ($self, $of, %labels) = @_;
	my @found = grep { keys %{ $_->[0] } == keys %labels } $self->found($of, %labels);
	return @found == 1 ? $found[0][1] : undef;
}

sub sum
{
	my ($self, $of, %labels) = @_;
	my $sum = 0;
	$sum += $_->[1] for $self->found($of, %labels);
	return $sum;
}

# All lines of a metric stand together.
sub enter
{
	my ($self, $family) = @_;
	return if $self->{current} eq $family;
	$self->{done}{ $self->{current} } = 1;
	$self->{current} = $family;
	$self->wrong("$family: its lines do not stand together") if $self->{done}{$family};
	return;
}

sub comment
{
	my ($self, $line) = @_;
	return if $line !~ /^#\s*(?:HELP|TYPE)\b/;
	if ($line !~ /^# (HELP|TYPE) ($name) (.*\S)$/) { return $self->wrong("neither HELP nor TYPE: $line") }
	my ($what, $of, $rest) = ($1, $2, $3);
	$self->enter($of);
	my $family = $self->{families}{$of} //= { labels => {}, samples => 0 };
	return $self->wrong("$of: $what twice") if defined $family->{ lc $what };
	$self->wrong("$of: $what after its samples") if $family->{samples};
	if ($what eq 'HELP' && $rest =~ s/\\[\\n]//gr =~ /\\/) { $self->wrong("$of: a backslash in HELP that escapes nothing") }
	if ($what eq 'TYPE' && !$types{$rest}) { $self->wrong("$of: no type: $rest") }
	$family->{ lc $what } = $rest;
	return;
}

# Name, value, ...: what stands in braces.
sub read_labels
{
	my ($self, $text, $of) = @_;
	my %labels;
	while ($text ne '')
	{
		if ($text !~ s/^($label)="((?:[^"\\]|\\[\\"n])*)"//) { $self->wrong("$of: no labels: {$text}"); last }
		my ($key, $value) = ($1, $2);
		$self->wrong("$of: label $key twice") if exists $labels{$key};
		$self->wrong("$of: label $key is reserved") if $key =~ /^__/;
		$value =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ge;
		$labels{$key} = $value;
		last if $text eq '';
		if ($text !~ s/^,//) { $self->wrong("$of: no comma between labels"); last }
	}
	return \%labels;
}

# The metric that a sample's name belongs to: a histogram's has names of its own.
sub family_of
{
	my ($self, $of) = @_;
	if ($of =~ /^(.*)_(bucket|sum|count)$/)
	{
		my ($base, $suffix) = ($1, $2);
		my $type = ($self->{families}{$base} // {})->{type} // '';
		return $base if $type eq 'histogram' || ($type eq 'summary' && $suffix ne 'bucket');
	}
	return $of;
}

sub sample
{
	my ($self, $line) = @_;
	if ($line !~ /^($name)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? ($number)(?: (-?\d+))?$/) { return $self->wrong("no sample: $line") }
	my ($of, $in_braces, $value) = ($1, $2, $3);
	my $labels = $self->read_labels($in_braces // '', $of);
	my $base = $self->family_of($of);
	$self->enter($base);
	my $family = $self->{families}{$base} //= { labels => {}, samples => 0 };
	my $type = $family->{type} // '';
	$self->wrong("$of: a sample without HELP and TYPE before it") unless $type && defined $family->{help};
	$self->wrong("$of: a $type has no sample of its bare name") if $type eq 'histogram' && $of eq $base;
	$self->wrong("$of: label le belongs to buckets") if exists $labels->{le} != ($type eq 'histogram' && $of eq "${base}_bucket");
	$self->wrong("$of: label quantile belongs to a summary") if exists $labels->{quantile} && $type ne 'summary';
	$value = $value =~ /nan/i ? 'NaN' : $value =~ /^([+-]?)inf/i ? 9**9**9 * ($1 eq '-' ? -1 : 1) : 0 + $value;
	$self->wrong("$of: counts what is no number of things: $value") if $type =~ /^(?:counter|histogram)$/ && ($value eq 'NaN' || $value < 0 || $value == 9**9**9);
	$self->wrong("$of: NaN") if $value eq 'NaN' && $type !~ /^(?:counter|histogram)$/;
	my $key = join ',', map { "$_=\"$labels->{$_}\"" } sort keys %$labels;
	$self->wrong("$of\{$key}: twice") if $self->{seen}{"$of\{$key}"}++;
	$family->{samples}++;
	$family->{labels}{$_} = 1 for keys %$labels;
	push @{ $self->{samples}{$of} }, [ $labels, $value ];
	return;
}

# What can only be said when all of it was read.
sub family_is_whole
{
	my ($self, $of) = @_;
	my $family = $self->{families}{$of};
	my $type = $family->{type};
	return $self->wrong("$of: no TYPE") if !defined $type;
	$self->wrong("$of: no HELP") if !defined $family->{help};
	# An empty one is allowed: a label's values may not have come yet.
	$self->wrong("$of: a counter's name ends with _total") if $type eq 'counter' && $of !~ /_total$/;
	$self->wrong("$of: the name of a $type ends with _total") if $type ne 'counter' && $of =~ /_total$/;
	$self->wrong("$of: ends as samples of a histogram do") if $of =~ /_(?:bucket|sum|count)$/;
	$self->wrong("$of: not in base units") if $of =~ /_(?:milliseconds|microseconds|nanoseconds|ms|us|minutes|hours|kilobytes|megabytes|kb|mb|percent)(?:_|$)/i;
	$self->wrong("$of: capitals, or colons, which are for rules") if $of =~ /[A-Z:]/;
	$self->histogram_is_whole($of) if $type eq 'histogram';
	return;
}

sub histogram_is_whole
{
	my ($self, $of) = @_;
	my %series;
	for my $suffix (qw(bucket sum count))
	{
		for my $sample ($self->samples("${of}_$suffix"))
		{
			my %labels = %{ $sample->[0] };
			my $le = delete $labels{le};
			my $key = join ',', map { "$_=\"$labels{$_}\"" } sort keys %labels;
			if ($suffix eq 'bucket') { push @{ $series{$key}{bucket} }, [ $le, $sample->[1] ] }
			else { $series{$key}{$suffix} = $sample->[1] }
		}
	}
	for my $key (sort keys %series)
	{
		my ($buckets, $sum, $count) = @{ $series{$key} }{qw(bucket sum count)};
		if (!$buckets || !defined $sum || !defined $count) { $self->wrong("$of\{$key}: not all of bucket, sum and count"); next }
		my ($le_before, $before) = (-9**9**9, 0);
		for my $bucket (@$buckets)
		{
			my $le = ($bucket->[0] // '') =~ /^$number$/ ? $bucket->[0] =~ /^\+Inf$/ ? 9**9**9 : 0 + $bucket->[0] : undef;
			if (!defined $le) { $self->wrong("$of\{$key}: no bound: " . ($bucket->[0] // 'none')); last }
			$self->wrong("$of\{$key}: bounds do not rise at $bucket->[0]") if $le <= $le_before;
			$self->wrong("$of\{$key}: not cumulative at $bucket->[0]") if $bucket->[1] < $before;
			($le_before, $before) = ($le, $bucket->[1]);
		}
		if (($buckets->[-1][0] // '') ne '+Inf') { $self->wrong("$of\{$key}: the last bucket is not +Inf") }
		elsif ($buckets->[-1][1] != $count) { $self->wrong("$of\{$key}: the bucket +Inf is not the count") }
	}
	return;
}

# What counted less in a later scrape than in an earlier one.
sub fallen
{
	my ($self, $later) = @_;
	my @fallen;
	for my $of (sort keys %{ $self->{samples} })
	{
		my $type = $self->{families}{ $self->family_of($of) }{type};
		next unless $type eq 'counter' || $type eq 'histogram';
		for my $sample ($self->samples($of))
		{
			my $now = $later->value($of, %{ $sample->[0] });
			my $key = join ',', map { "$_=\"$sample->[0]{$_}\"" } sort keys %{ $sample->[0] };
			push @fallen, "$of\{$key}: $sample->[1], then " . ($now // 'none') if !defined $now || $now < $sample->[1];
		}
	}
	return @fallen;
}

# ---------------------------------------------------------------- PromQL, as far as our dashboard and our alerts use it
my %functions = map { $_ => 1 } qw(rate increase sum max min avg count histogram_quantile clamp_min clamp_max absent changes delta deriv time vector topk label_replace max_over_time min_over_time);
my %words = map { $_ => 1 } qw(by without on ignoring group_left group_right and or unless bool offset);

# Labels that Prometheus gives to all that it has from one place.
my %target = map { $_ => 1 } qw(instance job);

# What is wrong with an expression: names and labels that nothing has, a counter that is not rated, a gauge that is, and syntax.
sub expression
{
	my ($scrape, $text) = @_;
	my (@wrong, @tokens, @open);
	my $rest = $text;
	while ($rest =~ s/^\s*//r ne '')
	{
		$rest =~ s/^\s*//;
		if ($rest =~ s/^($name)//) { push @tokens, [ name => $1 ] }
		elsif ($rest =~ s/^\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}//) { push @tokens, [ matchers => $1 ] }
		elsif ($rest =~ s/^\[([^\]]*)\]//) { push @tokens, [ range => $1 ]; push @wrong, "no range: [$1]" if $1 !~ /^(?:\d+[smhd]|\$__rate_interval)(?::\d*[smhd]?)?$/ }
		elsif ($rest =~ s/^(\d+(?:\.\d+)?(?:e-?\d+)?[smhd]?)//) { push @tokens, [ number => $1 ] }
		elsif ($rest =~ s/^("(?:[^"\\]|\\.)*")//) { push @tokens, [ string => $1 ] }
		elsif ($rest =~ s/^(==|!=|>=|<=|[-+*\/%^<>(),])//) { push @tokens, [ sign => $1 ] }
		else { return "no token of PromQL: $rest" }
	}
	for my $i (0 .. $#tokens)
	{
		my ($kind, $what) = @{ $tokens[$i] };
		my $next = $tokens[ $i + 1 ] // [ '', '' ];
		my $before = $i ? $tokens[ $i - 1 ][1] : '';
		if ($what eq '(' && $kind eq 'sign') { push @open, $before }
		elsif ($what eq ')' && $kind eq 'sign') { if (@open) { pop @open } else { push @wrong, 'a parenthesis that nothing opens' } }
		elsif ($kind eq 'matchers' && $i == 0) { push @wrong, 'matchers of nothing' }
		next if $kind ne 'name' || $words{$what};
		# A label, in a list of them.
		if (@open && $open[-1] =~ /^(?:by|without|on|ignoring|group_left|group_right)$/)
		{
			push @wrong, "no metric has a label $what" unless $target{$what} || grep { $_->{labels}{$what} } values %{ $scrape->families };
		}
		elsif ($functions{$what}) { push @wrong, "$what without arguments" unless $next->[1] =~ /^(?:\(|by|without)$/ }
		elsif ($next->[1] eq '(') { push @wrong, "no function $what" }
		else { push @wrong, selector($scrape, $what, @tokens[ $i + 1 .. $i + 2 ]) }
	}
	push @wrong, 'a parenthesis that nothing closes' if @open;
	return @wrong;
}

# Metrics that every scrape has: Prometheus makes them.
my %of_prometheus = (up => 1);

sub selector
{
	my ($scrape, $of, @after) = @_;
	return () if $of_prometheus{$of};
	my @wrong;
	my $family = $scrape->families->{ $scrape->family_of($of) };
	return "no metric $of" if !$family || (!$scrape->samples($of) && ($family->{type} eq 'histogram' || $scrape->family_of($of) ne $of));
	@after = grep { defined } @after;
	my $matchers = @after && $after[0][0] eq 'matchers' ? (shift @after)->[1] : '';
	while ($matchers =~ s/^\s*($label)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*,?//)
	{
		my ($key, $how, $value) = ($1, $2, $3);
		next if $target{$key} || !$family->{samples};
		push @wrong, "$of has no label $key" if !$family->{labels}{$key};
		# Of SQLSTATEs are those that have come.
		push @wrong, "$of has no $key $value" if $how eq '=' && $family->{labels}{$key} && $key ne 'sqlstate' && !$scrape->found($of, $key => $value);
	}
	push @wrong, "no matchers: {$matchers}" if $matchers ne '';
	my $ranged = @after && $after[0][0] eq 'range';
	my $counts = $family->{type} ne 'gauge';
	push @wrong, "$of counts, and stands without a range" if $counts && !$ranged;
	push @wrong, "$of does not count, and stands with a range" if !$counts && $ranged;
	return @wrong;
}

1;
