using System.Text.Json.Nodes;
using System.Xml.Linq;
using Fulcrum.Comparisons;
using Fulcrum.Files;
using Fulcrum.Report.Junit;
using Fulcrum.Runs;
using Fulcrum.Tasks;
using Fulcrum.Tasks.Logs;
using Xunit;

namespace Fulcrum.Tests;

public sealed class ResultFilesTests
{
    [Fact]
    public void Each_requirement_and_each_margin_is_a_test_case_with_figures_in_its_failure()
    {
        Comparison comparison = Read(SyntheticRun.Write());

        XElement root = XDocument.Parse(JunitXml.Of("x", comparison, Requirements.Parse("spider>=+99,mmlu<=50"))).Root!;

        XElement suite = Assert.Single(root.Elements("testsuite"));
        Assert.Equal(("tuned", "4"), (suite.Attribute("name")!.Value, suite.Attribute("tests")!.Value));
        XElement[] cases = [.. suite.Elements("testcase")];
        Assert.Equal(
            ["spider: gain", "mmlu: loss within 2 points", "requirement spider>=+99", "requirement mmlu<=+50"],
            cases.Select(c => c.Attribute("name")!.Value)
        );
        string failure = cases[2].Element("failure")!.Attribute("message")!.Value;
        Assert.Matches(@"required spider>=\+99, but the difference is \+\d+\.\d points \(\+\d+\.\d to ", failure);
        Assert.Equal($"{cases.Count(c => c.Element("failure") is not null)}", root.Attribute("failures")!.Value);
    }

    [Fact]
    public void Every_field_of_an_answer_is_read_back_from_its_file()
    {
        Answer full = new(
            "a",
            "cluster",
            "group",
            0.5,
            "prediction",
            "target",
            "right",
            "reason",
            "input",
            "reply",
            [-1.5, -2],
            3,
            "protocol",
            "stem",
            1,
            new Dictionary<string, double> { ["brier"] = 0.25 },
            0.75,
            true,
            "stop",
            [
                ["prompt", " continuation"],
            ],
            [true],
            new Dictionary<string, double[]> { ["exact"] = [1, 0] },
            new JsonObject { ["strict"] = "x" },
            "rule",
            1,
            0.25
        );
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "answers.jsonl");
        File.WriteAllText(path, AnswerFile.Print([full]));

        Answer read = AnswerFile.Read(path).Single();

        Assert.All(typeof(Answer).GetProperties(), p => Assert.NotNull(p.GetValue(full)));
        Assert.Equal(AnswerFile.Print([full]), AnswerFile.Print([read]));
    }

    [Fact]
    public void Characters_that_xml_has_no_form_for_are_shown_instead()
    {
        Comparison comparison = Read(SyntheticRun.Write());

        XElement root = XDocument.Parse(JunitXml.Of("a\0\u0001\uD800<&", comparison, null)).Root!;

        Assert.Equal("a\\u0000\\u0001\\ud800<&", root.Attribute("name")!.Value);
    }

    [Fact]
    public void Answers_of_a_run_read_back_from_the_form_of_another_program()
    {
        string folder = SyntheticRun.Write(),
            output = Directory.CreateTempSubdirectory("harness").FullName;
        RunLayout run = new(folder);
        // Rows are numbered in each subject.
        foreach (string place in (string[])["base", "candidates/tuned"])
        {
            string path = run.Answers(place, "mmlu");
            IEnumerable<Answer> answers = AnswerFile
                .Read(path)
                .Select((a, i) => a with { Id = $"s{i / 9}/test/{i % 9}" });
            AtomicFile.WriteText(path, AnswerFile.Print([.. answers]));
        }

        HarnessExport.Write(run, Read(folder), output, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

        LoggedTask[] tasks = [.. OtherLogs.Read(Path.Combine(output, "candidates", "tuned"))];
        foreach (string task in (string[])["spider", "mmlu"])
        {
            Assert.Equal(
                AnswerFile.Read(run.Answers("candidates/tuned", task)).Select(a => a.Score).OfType<double>(),
                tasks.Single(t => t.Name.Split('/')[0] == task).Answers.Select(a => a.Score).OfType<double>()
            );
        }

        Directory.Delete(output, recursive: true);
    }

    private static Comparison Read(string folder)
    {
        string path = new RunLayout(folder).Comparison;
        return ComparisonJson.Parse(BoundedFile.ReadText(path), path);
    }
}
