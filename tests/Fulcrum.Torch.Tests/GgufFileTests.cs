using Fulcrum.Llama;
using Fulcrum.Llama.Gguf;
using Fulcrum.Llama.Worker;
using Fulcrum.Models;
using Fulcrum.Sandbox;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class GgufFileTests
{
    private const int Mutations = 200;
    private static readonly string[] Sources =
    [
        "qwen2-tied/f32.gguf",
        "llama3-scaled/f32.gguf",
        "qwen2-wide/q4_k_m.gguf",
    ];

    [Fact]
    public void Every_reference_file_is_read_and_passes_the_check()
    {
        string[] files = Directory.GetFiles(SharedData.Of("golden", "gguf"), "*.gguf", SearchOption.AllDirectories);

        Assert.NotEmpty(files);
        Assert.All(files, f => Assert.Equal(512, GgufModel.Read(f).VocabularySize));
    }

    [Fact]
    public void Writing_what_was_read_gives_an_equal_file()
    {
        string source = SharedData.Of("golden", "gguf", "qwen2-wide", "q4_k_m.gguf"),
            copy = Path.Combine(Folder(), "copy.gguf");
        GgufFile file = GgufFile.Read(source);
        byte[] bytes = File.ReadAllBytes(source);

        GgufWriter.Write(
            copy,
            [.. file.Metadata.Select(m => (m.Key, m.Value))],
            [
                .. file.Tensors.Values.Select(t => new GgufWriter.Tensor(
                    t.Name,
                    t.Sizes,
                    t.Type,
                    stream => stream.Write(bytes, (int)(file.DataStart + t.Offset), (int)t.Bytes)
                )),
            ]
        );

        Assert.Equal(bytes, File.ReadAllBytes(copy));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_not_finite_are_refused_with_their_place(float value)
    {
        string path = Path.Combine(Folder(), "spoilt.gguf");
        File.WriteAllBytes(path, File.ReadAllBytes(SharedData.Of("golden", "gguf", "qwen2-tied", "f32.gguf")));
        GgufFile header = GgufFile.Read(path);
        using (FileStream file = File.OpenWrite(path))
        {
            file.Position = header.DataStart + header.Tensors["blk.0.attn_q.weight"].Offset + (5 * sizeof(float));
            file.Write(BitConverter.GetBytes(value));
        }

        using GgufWeights weights = GgufWeights.Open(path);

        Assert.Contains(
            "'blk.0.attn_q.weight' holds NaN or an infinite value, its value 6",
            Assert.Throws<InputException>(() => weights.Read("model.layers.0.self_attn.q_proj.weight")).Message
        );
        Assert.NotEmpty(weights.Read("model.layers.0.self_attn.k_proj.weight"));
    }

    [Fact]
    public void A_pipe_in_the_place_of_a_file_is_refused_without_waiting()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "named pipes are those of Unix");
        string path = Path.Combine(Folder(), "pipe.gguf");
        System.Diagnostics.Process.Start("mkfifo", [path]).WaitForExit();

        Assert.Contains("named pipe", Assert.Throws<InputException>(() => GgufFile.Read(path)).Message);
    }

    [Fact]
    public void An_array_of_bytes_takes_one_byte_a_value_and_a_header_of_gigabytes_is_refused()
    {
        string small = WithArray(GgufKind.U8, 1000, bytesEach: 1),
            large = WithArray(GgufKind.Bool, 300_000_000, bytesEach: 1),
            texts = WithArray(GgufKind.String, 40_000_000, bytesEach: 8);

        Assert.Equal(1000, Assert.IsType<byte[]>(GgufFile.Read(small).Metadata["a"].Content).Length);
        Assert.Contains("header", Assert.Throws<InputException>(() => GgufFile.Read(large)).Message);
        Assert.Contains("header", Assert.Throws<InputException>(() => GgufFile.Read(texts)).Message);
    }

    // A file with one key, an array of zeros; sparse, so that it takes no room on the disk.
    private static string WithArray(GgufKind kind, long count, int bytesEach)
    {
        string path = Path.Combine(Folder(), $"{kind}.gguf");
        using BinaryWriter file = new(File.Create(path));
        file.Write("GGUF"u8);
        file.Write(3);
        file.Write(0L);
        file.Write(1L);
        file.Write(1L);
        file.Write((byte)'a');
        file.Write((uint)GgufKind.Array);
        file.Write((uint)kind);
        file.Write(count);
        file.BaseStream.SetLength(file.BaseStream.Position + count * bytesEach);
        return path;
    }

    [Fact]
    public void A_program_that_embeds_the_library_finds_its_worker()
    {
        WorkerProgram? embedded = WorkerProgram.Embedded(LlamaWorker.Verb, typeof(LlamaWorker).Assembly);
        Assert.SkipWhen(embedded is null, "these tests run without a .NET host");

        using LlamaWorkerProcess worker = LlamaWorkerProcess.Start(embedded);

        Assert.StartsWith("llama.cpp", worker.Description);
    }

    [Fact]
    public void Mutated_files_never_end_the_process()
    {
        string path = Path.Combine(Folder(), "mutated.gguf");
        Random random = new(11);
        LlamaWorkerProcess? worker = null;
        int refused = 0,
            measured = 0;
        for (int i = 0; i < Mutations; i++)
        {
            File.WriteAllBytes(path, Mutated(Sources[i % Sources.Length], random));
            try
            {
                GgufModel header = GgufModel.Read(path);
                worker ??= LlamaWorkerProcess.Start();
                worker.Open(path, threads: 1, accelerator: false);
                Score(worker, header);
                measured++;
            }
            catch (FulcrumException e)
            {
                Assert.Contains("mutated.gguf", e.Message);
                Assert.DoesNotContain("\n", e.Message);
                refused++;
                if (e is not InputException)
                {
                    worker?.Dispose();
                    worker = null;
                }
            }
        }

        worker?.Dispose();
        Assert.Equal(Mutations, refused + measured);
        Assert.InRange(refused, Mutations / 3, Mutations);
    }

    // A damaged value that no check can know is a weight like any other; then the answer is a number.
    private static void Score(LlamaWorkerProcess worker, GgufModel header)
    {
        if (header.ContextLength < 4)
        {
            return;
        }

        using LlamaLanguageModel model = new(new Kept(worker), header);
        model.Score(
            [
                new ScoreRequest(
                    [5, 6, 7],
                    [
                        [8],
                    ]
                ),
            ],
            (_, s) => Assert.True(double.IsFinite(s[0].LogLikelihood))
        );
    }

    private static byte[] Mutated(string source, Random random)
    {
        string[] parts = source.Split('/');
        byte[] bytes = File.ReadAllBytes(SharedData.Of("golden", "gguf", parts[0], parts[1]));
        int header = (int)GgufFile.Read(SharedData.Of("golden", "gguf", parts[0], parts[1])).DataStart;
        if (random.Next(8) == 0)
        {
            return bytes[..random.Next(bytes.Length)];
        }

        for (int n = random.Next(1, 4); n > 0; n--)
        {
            int at = random.Next(2) == 0 ? random.Next(1200) : random.Next(header - 1600, header + 200);
            byte[] value = random.Next(4) switch
            {
                0 => [(byte)random.Next(256)],
                1 => BitConverter.GetBytes(random.Next(-2, 70)),
                2 => BitConverter.GetBytes(1L << random.Next(64)),
                _ => BitConverter.GetBytes(float.NaN),
            };
            value.CopyTo(bytes, at);
        }

        return bytes;
    }

    private static string Folder() => Directory.CreateTempSubdirectory("fulcrum-gguf").FullName;

    // Leaves the worker alive when the model is disposed.
    private sealed class Kept(ILlamaContext context) : ILlamaContext
    {
        public void Allocate(CacheSizes sizes) => context.Allocate(sizes);

        public void Clear() => context.Clear();

        public void Share(int from, int to, int length) => context.Share(from, to, length);

        public void Remove(int sequence) => context.Remove(sequence);

        public IReadOnlyList<TokenAnswer> Decode(IReadOnlyList<BatchToken> tokens) => context.Decode(tokens);

        public void Dispose() { }
    }
}
