using Fulcrum.Data;
using Fulcrum.Models;
using Xunit;

namespace Fulcrum.Tests;

public sealed class RequestFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    private string Input => Path.Combine(folder, "in.jsonl");

    private string Output => Path.Combine(folder, "out.jsonl");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Answers_keep_the_order_of_the_lines_and_the_passed_fields()
    {
        File.WriteAllText(
            Input,
            """
            {"id": 7, "meta": {"a": 1}, "prompt_ids": [1, 2], "continuation_ids": [[3], [4, 5]]}
            {"prompt_ids": [9], "continuation_ids": []}

            """.TrimEnd('\n') + "\n"
        );

        Files(new Scripted()).Score(Input, Output, TestContext.Current.CancellationToken);

        string[] lines = File.ReadAllLines(Output);
        Assert.Equal(
            """{"id":7,"meta":{"a":1},"log_likelihoods":[-3,-9],"greedy":[true,true],"tokens":[1,2]}""",
            lines[0]
        );
        Assert.Equal("""{"log_likelihoods":[],"greedy":[],"tokens":[]}""", lines[1]);
        Assert.Equal(["in.jsonl", "out.jsonl"], Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("other model", 3)] // begins anew
    [InlineData("model", 1)] // goes on: two of three portions stand
    public void Interrupted_work_resumes_after_the_last_complete_chunk_byte_identically(string purpose, int portions)
    {
        File.WriteAllLines(
            Input,
            Enumerable
                .Range(0, (2 * ChunkedFile.Lines) + 10)
                .Select(i => $$"""{"id":{{i}},"prompt_ids":[{{i % 50}}],"continuation_ids":[[{{i % 7}}],[1]]}""")
        );
        Files(new Scripted()).Score(Input, Output, TestContext.Current.CancellationToken);
        string whole = File.ReadAllText(Output);
        File.Delete(Output);
        Scripted cut = new(failAt: 3),
            again = new();

        Assert.Throws<OperationCanceledException>(() =>
            Files(cut).Score(Input, Output, TestContext.Current.CancellationToken)
        );
        Assert.False(File.Exists(Output));
        File.AppendAllText(Output + ".partial", "{\"id\":10"); // a line that was being written
        Files(again, purpose).Score(Input, Output, TestContext.Current.CancellationToken);

        Assert.Equal(whole, File.ReadAllText(Output));
        Assert.Equal(portions, again.Calls);
        Assert.False(File.Exists(Output + ".partial") || File.Exists(Output + ".partial.json"));
    }

    [Fact]
    public void Other_requests_begin_anew()
    {
        string[] lines =
        [
            .. Enumerable
                .Range(0, ChunkedFile.Lines + 1)
                .Select(i => $$"""{"prompt_ids":[{{i % 50}}],"continuation_ids":[[1]]}"""),
        ];
        File.WriteAllLines(Input, lines);
        Assert.Throws<OperationCanceledException>(() =>
            Files(new Scripted(failAt: 2)).Score(Input, Output, TestContext.Current.CancellationToken)
        );
        Assert.True(File.Exists(Output + ".partial"));
        File.WriteAllLines(Input, lines[..5].Reverse());

        Files(new Scripted()).Score(Input, Output, TestContext.Current.CancellationToken);

        Assert.Equal(5, File.ReadLines(Output).Count());
    }

    [Theory]
    [InlineData("""{"prompt_ids":[1],"continuation_ids":[[1]],"colour":1}""", "unknown field 'colour'")]
    [InlineData("""{"prompt_ids":[],"continuation_ids":[[1]]}""", "the prompt is empty")]
    [InlineData("""{"prompt_ids":[1],"continuation_ids":[[99]]}""", "token id 99 is outside")]
    [InlineData("""{"prompt_ids":[1],"continuations":["a"],"continuation_ids":[[1]]}""", "either")]
    [InlineData("""{"prompt_ids":[1,1,1,1,1,1,1,1],"continuation_ids":[[1]]}""", "more than the model's context of 8")]
    [InlineData("""{"prompt_ids":[1.5],"continuation_ids":[[1]]}""", "must hold token ids")]
    [InlineData("""{"prompt_ids":[1],"prompt_ids":[2],"continuation_ids":[[1]]}""", "not valid JSON")]
    [InlineData("""{"prompt_ids":[1],"continuation_ids":[[]]}""", "no token")]
    public void A_line_that_cannot_be_answered_is_named_and_leaves_nothing_behind(string line, string says)
    {
        File.WriteAllText(Input, """{"prompt_ids":[1],"continuation_ids":[[1]]}""" + "\n" + line + "\n");

        InputException refused = Assert.Throws<InputException>(() =>
            Files(new Scripted()).Score(Input, Output, TestContext.Current.CancellationToken)
        );

        Assert.Contains("line 2", refused.Message);
        Assert.Contains(says, refused.Message);
        Assert.Equal(["in.jsonl"], Directory.EnumerateFiles(folder).Select(Path.GetFileName));
    }

    private static RequestFiles Files(ILanguageModel model, string purpose = "model") =>
        new(model, () => throw new InvalidOperationException("no text is asked for"), () => purpose);

    /// <summary>The log-likelihood of a continuation is minus the sum of its ids.</summary>
    private sealed class Scripted(int failAt = int.MaxValue) : ILanguageModel
    {
        public int Calls { get; private set; }

        public int ContextLength => 8;

        public int VocabularySize => 50;

        public void Score(
            IReadOnlyList<ScoreRequest> requests,
            Action<int, IReadOnlyList<ContinuationScore>> answered,
            CancellationToken cancellation = default
        )
        {
            if (++Calls == failAt)
            {
                throw new OperationCanceledException();
            }

            foreach (int i in Enumerable.Range(0, requests.Count).Reverse())
            {
                answered(
                    i,
                    [.. requests[i].Continuations.Select(c => new ContinuationScore(-c.Sum(), true, c.Length))]
                );
            }
        }

        public void Complete(
            IReadOnlyList<CompletionRequest> requests,
            Action<int, Completion> answered,
            CancellationToken cancellation = default
        ) => throw new NotSupportedException();

        public void Dispose() { }
    }
}
