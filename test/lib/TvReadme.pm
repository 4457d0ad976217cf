# The sessions in README.md as tests: each fenced block of language sql or sh runs, and
# what it prints is what the block right after it shows (text or json), or nothing where
# there is none.  Blocks of language bash are not run.  With TV_UPDATE set the shown output is written anew instead.
package TvReadme;
use strict;
use warnings;
use Test::More ();

# run(name => code that runs a block and returns its output): languages without code are passed over.
sub run
{
	my ($file, %code) = @_;
	open my $in, '<', $file or die "$file: $!";
	my $text = do { local $/; <$in> };
	my ($count, $updated) = (0, '');
	while ($text =~ /\G(.*?^```(sql|sh)\n)(.*?)(^```\n(?:\n```(?:text|json)\n(?=(.*?)^```$))?)/gmsc)
	{
		my ($before, $language, $block, $between, $shown) = ($1, $2, $3, $4, $5 // '');
		pos($text) += length $shown;
		my $got = $shown;
		if ($code{$language})
		{
			$got = $code{$language}->($block);
			$got =~ s/[ \t]+$//mg;
			$got =~ s/\s*\z/\n/ if $got =~ /\S/;
			$got =~ s/\A\n+//;
			my ($title) = $block =~ /\A\s*(.{1,60})/;
			Test::More::is($got, $shown, "block $language: $title") unless $ENV{TV_UPDATE};
			$count++;
		}
		$updated .= $before . $block . $between . $got;
	}
	$updated .= substr $text, pos($text) // 0;
	if ($ENV{TV_UPDATE} && $updated ne $text)
	{
		open my $out, '>', $file or die "$file: $!";
		print $out $updated;
		close $out or die;
	}
	Test::More::cmp_ok($count, '>=', 2, "$count blocks of $file were run");
	return;
}

# Run a block in psql as a newcomer would paste it.
sub psql
{
	my ($cluster, $database, $block) = @_;
	my $script = TvCluster::temporary();
	print $script $block;
	close $script;
	my ($status, $out, $err) = $cluster->client('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-f', $script->filename);
	return $status ? "$out$err" : $out;
}

1;
