using System.Text.Json.Nodes;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Grading.Sql;
using Fulcrum.Tasks.Mmlu;
using Fulcrum.Tasks.Spider;
using Xunit;

namespace Fulcrum.Tests;

public sealed class DataTests
{
    [Fact]
    public void Spider_dev_has_the_published_numbers_of_each_hardness()
    {
        IReadOnlyList<SpiderExample> dev = SpiderFolder.Open(SharedData.Of("data", "spider")).Dev();

        Dictionary<string, int> levels = dev.GroupBy(e => SpiderHardness.Of(e.Parse))
            .ToDictionary(g => g.Key, g => g.Count());

        Assert.Equal((248, 446, 174, 166), (levels["easy"], levels["medium"], levels["hard"], levels["extra"]));
    }

    [Fact]
    public void Mmlu_has_57_subjects_in_four_categories_and_14042_questions()
    {
        MmluFolder folder = MmluFolder.Open(SharedData.Of("data", "mmlu", "data"));

        Assert.Equal(57, folder.Subjects.Count);
        Assert.Equal(14042, folder.Subjects.Sum(s => folder.Test(s).Count));
        Assert.Equal(
            [13, 13, 12, 19],
            folder
                .Subjects.GroupBy(MmluCategories.Of)
                .OrderBy(g => g.Key == "STEM" ? "z" : g.Key, StringComparer.Ordinal)
                .Select(g => g.Count())
        );
    }

    [Fact]
    public void Mmlu_prompts_are_those_of_the_reference_harness()
    {
        MmluFolder folder = MmluFolder.Open(SharedData.Of("data", "mmlu", "data"));
        foreach (
            JsonNode line in File.ReadLines(SharedData.Of("golden", "mmlu", "lm-eval.jsonl"))
                .Select(l => JsonNode.Parse(l)!)
        )
        {
            string subject = (string)line["subject"]!;
            Assert.Equal(
                (string?)line["prompt"],
                MmluPrompt.Of(folder.Test(subject)[(int)line["index"]!], folder.Dev(subject).Take((int)line["shots"]!))
            );
        }
    }

    [Theory]
    [InlineData("SELECT a FROM b", "SELECT a FROM b")]
    [InlineData("Here you are:\n```sql\nSELECT a\nFROM b;\n```\nIt selects a.", "SELECT a FROM b")]
    [InlineData("SQL: select a from b; drop table b", "select a from b")]
    [InlineData("SELECT a FROM b WHERE c = 'x;  y'; more", "SELECT a FROM b WHERE c = 'x;  y'")]
    [InlineData("I cannot answer that.", "")]
    [InlineData("WITH t AS (SELECT 1) SELECT * FROM t\n\nThis query counts.", "WITH t AS (SELECT 1) SELECT * FROM t")]
    public void Query_is_extracted_from_raw_text(string output, string query) =>
        Assert.Equal(query, SqlExtraction.From(output));

    [Fact]
    public void A_sample_takes_equal_shares_of_every_database_and_is_the_same_for_a_seed()
    {
        SpiderPlan plan = new("spider", SharedData.Of("data", "spider"), Items: 200);
        SpiderTask first = SpiderTask.Open(plan, 42, (_, _, p) => new Grade(1, p, "correct")),
            second = SpiderTask.Open(plan, 42, (_, _, p) => new Grade(1, p, "correct"));

        Assert.Equal(first.Items, second.Items);
        // One database has four examples only; the others share what it leaves.
        Assert.All(
            first.Items.GroupBy(i => i.Cluster),
            g => Assert.InRange(g.Count(), g.Key == "real_estate_properties" ? 4 : 10, 11)
        );
        Assert.Equal(200, first.Items.Count);
        Assert.Equal(20, first.Items.Select(i => i.Cluster).Distinct().Count());
    }

    [Theory]
    [InlineData("a,b,c,d,e\n", "5 fields")]
    [InlineData("q,1,2,3,4,E\n", "'E'")]
    public void A_malformed_row_is_named(string row, string says)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        Directory.CreateDirectory(Path.Combine(folder, "test"));
        File.WriteAllText(Path.Combine(folder, "test", "x_test.csv"), row);

        InputException refused = Assert.Throws<InputException>(() => MmluFolder.Open(folder).Test("x"));

        Assert.Contains(says, refused.Message);
        Assert.Contains("line 1", refused.Message);
    }

    [Fact]
    public void A_Spider_folder_without_databases_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;

        Assert.Contains("database", Assert.Throws<InputException>(() => SpiderFolder.Open(folder)).Message);
    }
}
