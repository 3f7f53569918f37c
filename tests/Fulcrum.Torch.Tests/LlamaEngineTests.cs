using System.Text.Json.Nodes;
using Fulcrum.Llama;
using Fulcrum.Llama.Export;
using Fulcrum.Llama.Gguf;
using Fulcrum.Models;
using Fulcrum.Tokenization;
using Fulcrum.Torch;
using Xunit;

namespace Fulcrum.Torch.Tests;

[Collection("native")]
public sealed class LlamaEngineTests
{
    public static TheoryData<string> Families =>
        ["qwen2-tied", "qwen2-untied", "qwen3", "llama2-mha", "llama3-scaled", "mistral"];

    [Theory]
    [MemberData(nameof(Families))]
    public void Log_likelihoods_and_greedy_tokens_of_a_file_equal_llama_cpp_s(string name)
    {
        using ILanguageModel model = Open(name, "f32");
        JsonNode[] rows = Rows(name, "score-f32.jsonl"),
            prompts = Rows(name, "generate-f32.jsonl");
        double worst = 0;
        Dictionary<int, IReadOnlyList<int>> written = [];

        model.Score(
            [.. rows.Select(Request)],
            (i, scores) =>
                worst = Math.Max(
                    worst,
                    scores
                        .Select((s, c) => Math.Abs(s.LogLikelihood - rows[i]["expected"]![c]!.GetValue<double>()))
                        .Max()
                ),
            TestContext.Current.CancellationToken
        );
        model.Complete(
            [.. prompts.Select(p => new CompletionRequest(Ints(p["prompt_ids"]), Ints(p["expected"]).Length, []))],
            (i, c) => written[i] = c.Ids,
            TestContext.Current.CancellationToken
        );

        Assert.InRange(worst, 0, 1e-4);
        Assert.All(written, w => Assert.Equal(Ints(prompts[w.Key]["expected"]), w.Value));
    }

    [Fact]
    public void Sharing_prefixes_gives_the_values_of_single_requests_and_the_same_bits_on_any_number_of_threads()
    {
        int[] prefix = [.. Enumerable.Range(3, 60)];
        ScoreRequest[] requests =
        [
            .. Enumerable
                .Range(0, 90)
                .Select(i => new ScoreRequest(
                    [.. prefix[..(10 + i % 40)], i, 2 * i],
                    [
                        [i, 7],
                        [i, 8, 9],
                        [],
                        [4],
                    ]
                )),
        ];
        using ILanguageModel one = Open("qwen3", "f32", threads: 1),
            two = Open("qwen3", "f32", threads: 2);
        Dictionary<int, IReadOnlyList<ContinuationScore>> all = Scores(one, requests),
            again = Scores(one, requests),
            other = Scores(two, requests);

        Assert.Equal(requests.Length, all.Count);
        foreach (int i in all.Keys)
        {
            Assert.Equal(all[i], again[i]);
            Assert.Equal(all[i], other[i]);
        }

        foreach (int i in (int[])[0, 41, 89])
        {
            IReadOnlyList<ContinuationScore> alone = Scores(one, [requests[i]])[0];
            Assert.All(alone.Zip(all[i]), p => Assert.Equal(p.First.LogLikelihood, p.Second.LogLikelihood, 1e-4));
        }
    }

    [Fact]
    public void A_sampled_completion_depends_on_its_seed_and_not_on_its_neighbours()
    {
        using ILanguageModel model = Open("qwen2-tied", "f32");
        CompletionRequest[] requests =
        [
            .. Enumerable
                .Range(0, 70)
                .Select(i => new CompletionRequest([5, 6, 7 + i % 3], 12, [], Sampling: new Sampling(1.5, Seed: i))),
        ];
        Dictionary<int, IReadOnlyList<int>> together = Written(model, requests);

        Assert.Equal(together[37], Written(model, [requests[37]])[0]);
        Assert.NotEqual(together[36], together[39]);
    }

    [Fact]
    public void A_score_may_end_one_token_beyond_the_context_in_both_engines()
    {
        string folder = ModelOf("qwen2-tied");
        using ILanguageModel file = Open("qwen2-tied", "f32"),
            torch = new TorchEngine().Open(ModelSpec.InFolder(folder, Dtype.F32, device: "cpu"));
        int context = torch.ContextLength;
        int[] prompt = [.. Enumerable.Range(0, context - 2).Select(i => 3 + i % 400)];
        ScoreRequest full =
                new(
                    prompt,
                    [
                        [7, 8, 9],
                    ]
                ),
            longer =
                new(
                    prompt,
                    [
                        [7, 8, 9, 10],
                    ]
                );

        Assert.Equal(context, file.ContextLength);
        Assert.Equal(Scores(torch, [full])[0][0].LogLikelihood, Scores(file, [full])[0][0].LogLikelihood, 2e-3);
        Assert.Equal(2, Assert.Throws<RequestException>(() => Scores(torch, [longer])).ExitCode);
        Assert.Equal(2, Assert.Throws<RequestException>(() => Scores(file, [longer])).ExitCode);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_vocabulary_of_a_file_gives_llama_cpp_s_tokens_and_text(string name)
    {
        Tokenizer tokenizer = GgufTexts.TokenizerOf(new ModelSource.Gguf(FileOf(name, "f32")));
        foreach (JsonNode row in Rows(name, "tokens.jsonl"))
        {
            string text = row["text"]!.GetValue<string>();
            Assert.Equal(Ints(row["ids"]), tokenizer.Encode(text));
            Assert.Equal(Ints(row["ids_with_special"]), tokenizer.Encode(text, addSpecialTokens: true));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_written_file_has_the_metadata_and_the_tensors_of_llama_cpp_s_conversion(string name)
    {
        string folder = ModelOf(name),
            path = Path.Combine(folder, "written.gguf");
        using (IModelWeights weights = ModelWeights.Open(ModelSpec.InFolder(folder)))
        {
            GgufExport.Write(weights, folder, path, GgufFileType.F32, threads: 1);
        }

        GgufFile written = GgufModel.Read(path).File,
            expected = GgufFile.Read(FileOf(name, "f32"));
        string[] free =
        [
            "general.name",
            "general.size_label",
            "tokenizer.ggml.scores",
            "tokenizer.ggml.add_eos_token",
            "tokenizer.ggml.padding_token_id",
        ];
        foreach ((string key, GgufValue value) in expected.Metadata.Where(m => !free.Contains(m.Key)))
        {
            Assert.Equal(value.Kind, written.Metadata[key].Kind);
            Assert.Equal(value.Content, written.Metadata[key].Content);
        }

        Assert.Equal(expected.Tensors.Keys.Order(), written.Tensors.Keys.Order());
        foreach (GgufTensor tensor in expected.Tensors.Values)
        {
            Assert.Equal(tensor.Sizes, written.Tensors[tensor.Name].Sizes);
            Assert.Equal(Values(expected, tensor), Values(written, written.Tensors[tensor.Name]), Near);
        }
    }

    [Fact]
    public void A_quantised_file_is_llama_cpp_s_own()
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-gguf").FullName;
        foreach (
            string file in (string[])["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
        )
        {
            File.Copy(SharedData.Of("golden", "gguf", "qwen2-wide", file), Path.Combine(folder, file));
        }

        string path = Path.Combine(folder, "written.gguf");
        using (IModelWeights weights = ModelWeights.Open(ModelSpec.InFolder(folder)))
        {
            GgufExport.Write(weights, folder, path, GgufFileType.Q4_K_M, threads: 2);
        }

        GgufFile written = GgufFile.Read(path),
            expected = GgufFile.Read(FileOf("qwen2-wide", "q4_k_m"));
        Assert.All(expected.Tensors.Values, t => Assert.Equal(t.Type, written.Tensors[t.Name].Type));
        Assert.Equal([path], Directory.GetFiles(folder, "*gguf*"));
    }

    private static bool Near(float a, float b) => Math.Abs(a - b) <= 1e-6 * Math.Abs(b);

    private static ILanguageModel Open(string name, string type, int threads = 2) =>
        new LlamaEngine().Open(new ModelSpec(new ModelSource.Gguf(FileOf(name, type)), Threads: threads));

    private static Dictionary<int, IReadOnlyList<ContinuationScore>> Scores(
        ILanguageModel model,
        ScoreRequest[] requests
    )
    {
        Dictionary<int, IReadOnlyList<ContinuationScore>> all = [];
        model.Score(requests, all.Add, TestContext.Current.CancellationToken);
        return all;
    }

    private static Dictionary<int, IReadOnlyList<int>> Written(ILanguageModel model, CompletionRequest[] requests)
    {
        Dictionary<int, IReadOnlyList<int>> all = [];
        model.Complete(requests, (i, c) => all.Add(i, c.Ids), TestContext.Current.CancellationToken);
        return all;
    }

    private static string FileOf(string name, string type) => SharedData.Of("golden", "gguf", name, $"{type}.gguf");

    /// <summary>Returns a temporary folder with a small model and its tokenizer.</summary>
    internal static string ModelOf(string name)
    {
        string folder = Directory.CreateTempSubdirectory("fulcrum-gguf").FullName;
        foreach (string file in (string[])["config.json", "model.safetensors", "generation_config.json"])
        {
            File.Copy(SharedData.Of("golden", "models", name, file), Path.Combine(folder, file));
        }

        foreach (string file in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            File.Copy(SharedData.Of("golden", "gguf", name, file), Path.Combine(folder, file));
        }

        return folder;
    }

    private static float[] Values(GgufFile file, GgufTensor tensor)
    {
        byte[] bytes = File.ReadAllBytes(file.Path);
        return System
            .Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(
                bytes.AsSpan((int)(file.DataStart + tensor.Offset), (int)tensor.Bytes)
            )
            .ToArray();
    }

    private static JsonNode[] Rows(string name, string file) =>
        [.. File.ReadLines(SharedData.Of("golden", "gguf", name, file)).Select(l => JsonNode.Parse(l)!)];

    private static ScoreRequest Request(JsonNode row) =>
        new(Ints(row["prompt_ids"]), [.. row["continuation_ids"]!.AsArray().Select(Ints)]);

    private static int[] Ints(JsonNode? node) => [.. node!.AsArray().Select(n => n!.GetValue<int>())];
}
