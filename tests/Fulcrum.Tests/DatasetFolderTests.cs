using Fulcrum.Tasks.Harness;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>The files of a split in a folder that was filled by hand, with and without a card.</summary>
public sealed class DatasetFolderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("data_files: rows.csv")]
    [InlineData("data_files: [rows.csv]")]
    [InlineData("data_files: [{path: rows.csv}]")]
    public void Files_that_the_card_lists_without_a_split_serve_every_split(string entry)
    {
        Fill(entry, "rows.csv", "other.csv");

        Assert.Equal("rows.csv", Split("test"));
        Assert.Equal("rows.csv", Split("train"));
    }

    [Fact]
    public void Names_tell_the_splits_of_files_that_the_card_lists_without_one()
    {
        Fill("data_files: [train.csv, test.csv]", "train.csv", "test.csv");

        Assert.Equal("test.csv", Split("test"));
        Assert.Null(Split("validation"));
    }

    [Theory]
    [InlineData("data_files: [{split: train, path: rows.csv}]")]
    [InlineData("data_files: {train: rows.csv}")]
    public void A_split_that_the_card_does_not_list_beside_others_is_not_made_of_their_files(string entry)
    {
        Fill(entry, "rows.csv");

        Assert.Equal("rows.csv", Split("train"));
        Assert.Null(Split("test"));
    }

    [Theory]
    [InlineData("data_files: {test: [a.jsonl, b.csv]}")]
    [InlineData("data_files: {test: '?.*'}")]
    public void A_split_of_several_formats_is_refused(string entry)
    {
        Fill(entry, "a.jsonl", "b.csv");

        string refusal = Assert.Throws<InputException>(() => Split("test")).Message;

        Assert.Contains("README.md: its data_files of the split 'test' name files of several formats", refusal);
        Assert.Contains("a.jsonl and b.csv", refusal);
    }

    [Theory]
    [InlineData("data_files: [a.jsonl, b.csv]")]
    [InlineData("data_files: '?.*'")]
    public void Files_of_several_formats_that_the_card_lists_without_a_split_are_refused(string entry)
    {
        Fill(entry, "a.jsonl", "b.csv");

        Assert.Contains("a.jsonl and b.csv", Assert.Throws<InputException>(() => Split("test")).Message);
    }

    [Fact]
    public void Without_a_list_the_files_of_one_format_are_read()
    {
        Fill("license: mit", "test-1.csv", "test-2.csv", "test.jsonl", "train.jsonl", "train.csv");

        Assert.Equal("test-1.csv,test-2.csv", Split("test"));
        Assert.Equal("train.jsonl", Split("train"));
    }

    [Fact]
    public void Files_that_describe_the_data_and_hidden_ones_are_not_read()
    {
        Fill("license: mit", "dataset_info.json", "config.json", ".test.csv", "rows.csv.gz", "code.py");
        Directory.CreateDirectory(Path.Combine(folder, "__cache"));
        File.WriteAllText(Path.Combine(folder, "__cache", "test.csv"), "");

        Assert.Equal(["rows.csv.gz"], DatasetFolder.AllFiles(folder).Select(f => Path.GetFileName(f)));
    }

    [Fact]
    public void Splits_of_different_formats_are_all_read()
    {
        Fill("data_files: {train: [a.jsonl, b.json], test: c.csv}", "a.jsonl", "b.json", "c.csv", "train.csv");

        Assert.Equal("a.jsonl,b.json", Split("train"));
        Assert.Equal("c.csv", Split("test"));
    }

    [Fact]
    public void A_card_that_lists_a_missing_file_is_ignored()
    {
        Fill("data_files: {train: gone.csv, test: rows.csv}", "rows.csv");

        Assert.Equal("rows.csv", Split("validation"));
    }

    private void Fill(string entry, params string[] files)
    {
        Array.ForEach(files, f => File.WriteAllText(Path.Combine(folder, f), ""));
        File.WriteAllText(
            Path.Combine(folder, "README.md"),
            $"---\nconfigs:\n- config_name: default\n  {entry}\n---\n"
        );
    }

    private string? Split(string split) =>
        DatasetFolder.Open(folder, null).Split(split) is { } files
            ? string.Join(',', files.Select(f => Path.GetRelativePath(folder, f)))
            : null;
}
