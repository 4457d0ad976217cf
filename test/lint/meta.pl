# META.json against the PGXN Meta Spec 1.0.0: required keys, their types, and that
# versions and files agree with the extension's own.
use strict;
use warnings;
use Test::More;
use TvLint;
use JSON::PP;

chdir($ENV{TV_REPO} // '.') or die;
my $meta = JSON::PP->new->decode(slurp('META.json'));
my $semver = qr/^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-?[A-Za-z][0-9A-Za-z-]*)?$/;
my $term = qr/^[^\s\/\\\x00-\x1f\x7f]{2,}$/;
my $range = qr/^(?:0|(?:(?:[<>]=?|==|!=)?\s*\d+\.\d+\.\d+(?:,\s*)?)+)$/;
my ($control) = slurp('timevmaps.control') =~ /^default_version\s*=\s*'([^']+)'/m;

like($meta->{name}, $term, 'name is a term');
like($meta->{version}, $semver, 'version is a semantic version');
is($meta->{version}, $control, 'version is that of timevmaps.control');
ok(length($meta->{abstract} // ''), 'abstract is not empty');

my @maintainers = ref $meta->{maintainer} eq 'ARRAY' ? @{ $meta->{maintainer} } : ($meta->{maintainer} // ());
ok(@maintainers > 0 && !grep({ ref || !length } @maintainers), 'maintainer is a string or a list of strings');
my %licenses = map { $_ => 1 } qw(agpl_3 apache_1_1 apache_2_0 artistic_1 artistic_2 bsd freebsd gfdl_1_2 gfdl_1_3 gpl_1 gpl_2
	gpl_3 lgpl_2_1 lgpl_3_0 mit mozilla_1_0 mozilla_1_1 openssl perl_5 postgresql qpl_1_0 ssleay sun zlib open_source
	restricted unrestricted unknown);
my @license = ref $meta->{license} eq 'ARRAY' ? @{ $meta->{license} } : ($meta->{license} // '');
ok(!grep({ !$licenses{$_} } @license), 'license is one of the known ones');

is($meta->{'meta-spec'}{version}, '1.0.0', 'meta-spec: version');
like($meta->{'meta-spec'}{url}, qr{^https?://pgxn\.org/meta/spec\.txt$}, 'meta-spec: url');

is(ref $meta->{provides}, 'HASH', 'provides is a map');
for my $name (sort keys %{ $meta->{provides} })
{
	my $provided = $meta->{provides}{$name};
	like($name, $term, "provides.$name is a term");
	like($provided->{version}, $semver, "provides.$name.version");
	ok(length($provided->{file} // ''), "provides.$name.file");
	is($provided->{file}, "sql/timevmaps--$control.sql", "provides.$name.file is the generated install script");
	ok(!defined $provided->{docfile} || -f $provided->{docfile}, "provides.$name.docfile exists");
}

for my $phase (sort keys %{ $meta->{prereqs} // {} })
{
	like($phase, qr/^(?:configure|build|test|runtime|develop)$/, "prereqs.$phase is a phase");
	for my $relation (sort keys %{ $meta->{prereqs}{$phase} })
	{
		like($relation, qr/^(?:requires|recommends|suggests|conflicts)$/, "prereqs.$phase.$relation is a relation");
		my $wanted = $meta->{prereqs}{$phase}{$relation};
		like($wanted->{$_}, $range, "prereqs.$phase.$relation.$_ is a version range") for sort keys %$wanted;
	}
}
like($meta->{release_status} // 'stable', qr/^(?:stable|testing|unstable)$/, 'release_status');
is(ref($meta->{tags} // []), 'ARRAY', 'tags is a list');
ok(!grep({ !length || length > 255 || m{[/\\\x00-\x1f]} } @{ $meta->{tags} // [] }), 'tags are tags');

# Keys that the specification does not know start with x_.
my %known = map { $_ => 1 } qw(abstract description generated_by license maintainer meta-spec name no_index prereqs provides
	release_status resources tags version);
is_deeply([ grep { !$known{$_} && !/^x_/i } sort keys %$meta ], [], 'no unknown key');

like(slurp('CHANGELOG.md'), qr/^## \Q$control\E\b/m, 'CHANGELOG.md has this version');
like(slurp('LICENSE'), qr/PostgreSQL License.*timevmaps developers/s, 'LICENSE names licence and holder');
done_testing();
