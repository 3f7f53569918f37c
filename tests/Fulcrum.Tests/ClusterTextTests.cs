using Fulcrum.Tasks;
using Fulcrum.Tasks.Choice;
using Fulcrum.Tasks.Writing;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>A row without the name of its cluster would join all others of the kind in one cluster.</summary>
public sealed class ClusterTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void A_row_of_a_custom_task_without_the_text_of_its_cluster_is_refused_with_its_line(string cluster)
    {
        string written = Written(
                """
                {"question": "1 + 1?", "answer": "2", "topic": "sums"}
                {"question": "2 + 2?", "answer": "4", "topic": "HERE"}
                """,
                cluster
            ),
            chosen = Written(
                """
                {"question": "1 + 1?", "options": ["2", "3"], "answer": "A", "topic": "sums"}
                {"question": "2 + 2?", "options": ["3", "4"], "answer": "B", "topic": "HERE"}
                """,
                cluster
            );

        string[] said =
        [
            Refusal(() => WritingTask.Open(new GenerationPlan("own", written, Cluster: "topic"), 1)),
            Refusal(() => MultipleChoiceTask.Open(new MultipleChoicePlan("own", chosen, Cluster: "topic"), 1)),
        ];

        Assert.All(said, s => Assert.Contains("own.jsonl line 2: the column 'topic' names the row's cluster", s));
    }

    [Theory]
    [InlineData("\"cluster\": \"\", ")]
    [InlineData("")]
    public void An_answer_without_the_cluster_that_others_name_is_refused_with_its_line(string without)
    {
        string mixed = Written(
                $$"""
                {"id": "a", "cluster": "sums", "score": 1}
                {"id": "b", {{without}}"score": 0}
                """
            ),
            none = Written(
                $$"""
                {"id": "a", {{without}}"score": 1}
                {"id": "b", {{without}}"score": 0}
                """
            );

        Assert.Contains("own.jsonl line 2: 'cluster' is missing or empty", Refusal(() => AnswerFile.Read(mixed)));
        Assert.Equal(2, AnswerFile.Read(none).Count);
    }

    private static string Refusal(Func<object> read) =>
        Assert
            .Throws<InputException>(() =>
            {
                _ = read();
            })
            .Message;

    private static string Written(string text, string cluster = "")
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "own.jsonl");
        File.WriteAllText(path, text.Replace("HERE", cluster, StringComparison.Ordinal));
        return path;
    }
}
