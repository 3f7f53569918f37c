using Fulcrum.Data.Hub;
using Xunit;

namespace Fulcrum.Tests.Hub;

public sealed class HubReferenceTests
{
    [Theory]
    [InlineData("org/name", "org/name", null, null)]
    [InlineData("name", "name", null, null)]
    [InlineData("org/name@v1.0", "org/name", "v1.0", null)]
    [InlineData("org/name@dev/try", "org/name", "dev/try", null)]
    [InlineData("org/name@refs/pr/1", "org/name", "refs/pr/1", null)]
    [InlineData("org/name/q8.gguf", "org/name", null, "q8.gguf")]
    [InlineData("org/name/sub/q8.gguf@dev/try", "org/name", "dev/try", "sub/q8.gguf")]
    [InlineData("org/name@main/sub/q8.gguf", "org/name", "main", "sub/q8.gguf")]
    [InlineData("org/name@refs/pr/1/q8.gguf", "org/name", "refs/pr/1", "q8.gguf")]
    public void Model_names_are_read(string text, string id, string? revision, string? file) =>
        Assert.Equal(new HubReference(HubKind.Model, id, revision, file), HubReference.Parse(HubKind.Model, text));

    [Theory]
    [InlineData("org/name", null, null, null)]
    [InlineData("org/name:plus", null, "plus", null)]
    [InlineData("org/name:plus/test", null, "plus", "test")]
    [InlineData("org/name@v1:plus/test", "v1", "plus", "test")]
    public void Data_set_names_are_read_and_written_alike(string text, string? revision, string? part, string? split)
    {
        HubReference reference = HubReference.Parse(HubKind.Dataset, text);

        Assert.Equal(new HubReference(HubKind.Dataset, "org/name", revision, null, part, split), reference);
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData("a/b/c")]
    [InlineData("org/na--me")]
    [InlineData("org/..")]
    [InlineData("-org/x")]
    [InlineData("org/x.git")]
    [InlineData("org/na me")]
    [InlineData("org/.x")]
    [InlineData("org/x.")]
    [InlineData("/x")]
    [InlineData("")]
    [InlineData("org/x@")]
    [InlineData("org/x@../../y")]
    [InlineData("org/x@a//b")]
    [InlineData("org/x@-a")]
    [InlineData("org/x/../y.gguf")]
    [InlineData("órg/x")]
    public void Names_that_no_repository_can_have_are_refused(string text) =>
        Assert.Throws<InputException>(() => HubReference.Parse(HubKind.Model, text));

    [Theory]
    [InlineData("org/x:")]
    [InlineData("org/x:a/")]
    [InlineData("org/x:a/b/c")]
    public void Parts_of_data_sets_are_checked(string text) =>
        Assert.Throws<InputException>(() => HubReference.Parse(HubKind.Dataset, text));

    [Theory]
    [InlineData("*.json", "a/b.json", true)]
    [InlineData("*.json", "a/b.jsonl", false)]
    [InlineData("sub/", "sub/x/y.txt", true)]
    [InlineData("model-0000[12]*", "model-00002-of-3", true)]
    [InlineData("model-0000[!12]*", "model-00002-of-3", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a+(b)", "a+(b)", true)]
    [InlineData("[", "[", true)]
    public void Patterns_of_a_selection_cross_folders(string pattern, string path, bool matches) =>
        Assert.Equal(matches, Glob.Anywhere(pattern).IsMatch(path));

    [Theory]
    [InlineData("data/*.csv", "data/a.csv", true)]
    [InlineData("data/*.csv", "data/x/a.csv", false)]
    [InlineData("data/**/*.csv", "data/x/y/a.csv", true)]
    [InlineData("data/**/*.csv", "data/a.csv", true)]
    [InlineData("data/**", "data/x/y", true)]
    [InlineData("**/train*", "train.csv", true)]
    public void Patterns_of_a_card_stay_within_a_folder(string pattern, string path, bool matches) =>
        Assert.Equal(matches, Glob.WithinFolders(pattern).IsMatch(path));
}
