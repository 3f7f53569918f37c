using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using Fulcrum.Torch.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Tests;

/// <summary>Computing in 16 bits gives float32's numbers up to 16 bits' rounding, and <c>auto</c> chooses it where it
/// is worth it.</summary>
public sealed class HalfPrecisionTests
{
    // bfloat16 keeps 8 bits, float16 11: rounding is an eighth, and so is what it does to log-likelihoods of about -7
    // behind three layers.
    private const double Bfloat16 = 0.08,
        Float16 = Bfloat16 / 8;

    [Theory]
    [InlineData("bf16", "none", Bfloat16)]
    [InlineData("bf16", "nf4-double", Bfloat16)]
    [InlineData("f16", "none", Float16)]
    public void Log_likelihoods_are_those_of_float32_up_to_rounding(string dtype, string quantization, double tolerance)
    {
        ScoreRequest[] requests = Requests();
        double[] full = Scores(Model("f32", quantization), requests),
            half = Scores(Model(dtype, quantization), requests);

        Assert.Equal(24, full.Length);
        Assert.InRange(full.Zip(half, (a, b) => Math.Abs(a - b)).Max(), 1e-6, tolerance);
    }

    [Fact]
    public void Generation_in_bfloat16_follows_float32_for_as_long_as_its_choices_agree()
    {
        CompletionRequest[] requests = [.. Requests().Select(r => new CompletionRequest(r.Prompt, 12, []))];
        Completion[] full = Completions("f32", requests),
            half = Completions("bf16", requests);

        int compared = 0;
        foreach ((Completion a, Completion b) in full.Zip(half))
        {
            int alike = a.Ids.Zip(b.Ids).TakeWhile(p => p.First == p.Second).Count();
            compared += alike;
            Assert.All(
                a.LogLikelihoods.Zip(b.LogLikelihoods).Take(alike),
                p => Assert.Equal(p.First, p.Second, 2 * Bfloat16)
            ); // keys and values of earlier tokens are rounded as well
        }

        Assert.True(compared > 12, $"only {compared} tokens of {full.Length} x 12 agree");
    }

    [Theory]
    [InlineData("bf16", 0.05)]
    [InlineData("f16", 0.05 / 8)]
    public void Gradients_are_those_of_float32_up_to_rounding(string dtype, double tolerance)
    {
        TrainingExample[] batch = TrainingFormTests.Examples(8);
        double[] full = Gradient("f32", batch),
            half = Gradient(dtype, batch);

        double off = Math.Sqrt(full.Zip(half, (a, b) => (a - b) * (a - b)).Sum() / full.Sum(a => a * a));
        Assert.InRange(off, 1e-6, tolerance);
    }

    [Fact]
    public void A_scale_that_makes_gradients_overflow_is_lowered_until_they_do_not()
    {
        TrainingExample[] batch = TrainingFormTests.Examples(4);
        using LanguageModel model = TrainingFormTests.WithAdapter("f16", "none");
        using AdamW optimizer = new(model.AdapterParameters, 0);
        LossScale scale = LossScale.For(ScalarType.Float16);
        scale.Restore(Math.Pow(2, 40), 7);

        TrainingStep step = LoraTrainer.Step(model, new TrainPlan(), batch, optimizer, 0, 10, plain: false, scale);

        Assert.True(double.IsFinite(step.GradNorm));
        Assert.InRange(scale.Value, 2, Math.Pow(2, 39));
        Assert.Equal(1, scale.Clean);
    }

    [Fact]
    public void The_scale_doubles_after_enough_clean_steps_and_is_one_where_no_scale_is_needed()
    {
        LossScale scale = LossScale.For(ScalarType.Float16),
            none = LossScale.For(ScalarType.BFloat16);

        for (int i = 0; i < LossScale.Patience; i++)
        {
            scale.Worked();
            none.Worked();
        }

        Assert.Equal((2 * 65536.0, 0), (scale.Value, scale.Clean));
        Assert.True(scale.Lower());
        Assert.Equal(65536, scale.Value);
        Assert.Equal(1, none.Value);
        Assert.False(none.Lower());
    }

    [Fact]
    public void Float16_is_not_trained_on_a_CPU()
    {
        InputException refused = Assert.Throws<InputException>(() =>
            new TorchEngine().Train(
                TrainingFormTests.Plan("f16", "none"),
                new TrainPlan(),
                TrainingFormTests.Examples(2),
                Directory.CreateTempSubdirectory().FullName
            )
        );

        Assert.Contains("f16 is for GPUs", refused.Message);
    }

    [Theory]
    [InlineData(1.29, 9, false, "f32")]
    [InlineData(1.31, 0, false, "bf16")]
    [InlineData(1.31, 9, true, "bf16")]
    [InlineData(0.4, 3, true, "f16")]
    [InlineData(0.4, 1, true, "f32")]
    public void Auto_takes_16_bits_only_where_they_are_faster_and_f16_only_on_a_GPU(
        double bf16,
        double f16,
        bool gpu,
        string chosen
    )
    {
        DtypeChoice choice = DtypeChoice.From(t => t == Dtype.Bf16 ? bf16 : f16, gpu);

        Assert.Equal(chosen, EnumNames.Of(choice.Dtype));
        Assert.Contains($"bf16 multiplies {bf16}", choice.Why);
    }

    [Theory]
    [InlineData(0.5, true)]
    [InlineData(1.2, false)]
    [InlineData(1.5, false)]
    [InlineData(3.0, true)]
    public void A_speedup_is_kept_if_it_is_far_from_the_threshold(double first, bool kept)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "cache", "speedup");

        Assert.Equal(first, KeptSpeedups.Of(path, () => first));
        Assert.Equal(kept ? first : 7, KeptSpeedups.Of(path, () => 7));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fast")]
    [InlineData("-2")]
    [InlineData("Infinity")]
    public void A_damaged_speedup_is_measured_again(string text)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "speedup");
        File.WriteAllText(path, text);

        Assert.Equal(3, KeptSpeedups.Of(path, () => 3));
        Assert.Equal("3", File.ReadAllText(path));
    }

    [Fact]
    public void Auto_reports_its_dtype_and_a_resumed_training_keeps_it()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        List<string> said = [];

        ModelSpec decided = new TorchEngine(note: said.Add).Resolve(TrainingFormTests.Plan("auto", "none"));
        ModelSpec begun = ComputeForm.Begun(
            decided with
            {
                Dtype = Dtype.Auto,
            },
            folder,
            p => p with { Dtype = Dtype.Bf16 }
        );
        ModelSpec later = ComputeForm.Begun(
            decided with
            {
                Dtype = Dtype.Auto,
            },
            folder,
            p => p with { Dtype = p.Dtype == Dtype.Auto ? Dtype.F32 : p.Dtype }
        );

        Assert.Contains(decided.Dtype, (Dtype[])[Dtype.F32, Dtype.Bf16]);
        Assert.Contains($"dtype auto: {EnumNames.Of(decided.Dtype)}, because bf16 multiplies", Assert.Single(said));
        Assert.Equal([Dtype.Bf16, Dtype.Bf16], [begun.Dtype, later.Dtype]);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Resumed_training_keeps_its_dtype_on_another_default()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        ModelSpec auto = TrainingFormTests.Plan("auto", "none") with { Device = "cpu" };
        ModelSpec Begin(Dtype dtype, Dtype choice) =>
            ComputeForm.Begun(
                auto with
                {
                    Dtype = dtype,
                },
                folder,
                p => p.Dtype == Dtype.Auto ? p with { Dtype = choice } : p
            );

        Begin(Dtype.Auto, Dtype.Bf16);
        Directory.CreateDirectory(Path.Combine(folder, "checkpoint-2"));
        Begin(Dtype.F32, Dtype.Bf16);

        Assert.Equal(Dtype.Bf16, Begin(Dtype.Auto, Dtype.F32).Dtype);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Bfloat16_is_upcast_where_the_system_lists_no_instructions_that_are_faster()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux lists the instructions in a file");
        string[] flags = Hardware.Processor("flags")?.Split(' ') ?? [];
        Assert.SkipUnless(flags.Length > 0, "this system lists no instructions");
        bool intel = Hardware.Processor("vendor_id") == "GenuineIntel";

        Assert.Equal(
            flags.Contains("amx_bf16") || (flags.Contains("avx512_bf16") && !intel),
            Hardware.MultipliesBfloat16
        );
        using Tensor weight = zeros([2, 2], ScalarType.BFloat16);
        Assert.Equal(!Hardware.MultipliesBfloat16, UpcastMatmul.Supports(weight));
    }

    [Theory]
    [InlineData(3, 700, 5000, true)]
    [InlineData(40, 5000, 700, false)]
    [InlineData(33, 8, 3, true)]
    public void A_widened_product_is_the_float32_product_rounded_once(long rows, long inputs, long outputs, bool biased)
    {
        using DisposeScope scope = NewDisposeScope();
        using Generator random = new(11, CPU);
        Tensor Some(params long[] shape) =>
            randn(shape, ScalarType.Float32, generator: random).to_type(ScalarType.BFloat16);
        Tensor input = Some(2, rows, inputs),
            weight = FrozenMatmul.ColumnMajor(Some(outputs, inputs));
        Tensor? bias = biased ? Some(outputs) : null;

        Tensor widened = UpcastMatmul.Multiply(input, weight, bias);
        Tensor exact = nn.functional.linear(
            input.to_type(ScalarType.Float64),
            weight.to_type(ScalarType.Float64),
            bias?.to_type(ScalarType.Float64)!
        );

        Assert.Equal(exact.shape, widened.shape);
        Assert.Equal(ScalarType.BFloat16, widened.dtype);
        Assert.InRange(
            ((widened.to_type(ScalarType.Float64) - exact).abs() / exact.abs().clamp_min(1)).max().ToDouble(),
            0,
            1 / 255.0
        ); // half a unit of 8 bits
    }

    [Fact]
    public void A_buffer_that_inference_made_can_be_written_to_by_training()
    {
        using DisposeScope scope = NewDisposeScope();
        ScratchBuffer scratch = new();
        using (inference_mode())
        {
            scratch.Of(4, ScalarType.Float32, CPU).copy_(zeros(4));
        }

        Assert.Equal([1, 1], scratch.Of(2, ScalarType.Float32, CPU).copy_(ones(2)).data<float>().ToArray());
    }

    private static LanguageModel Model(string dtype, string quantization) =>
        new TorchEngine().LoadModel(TrainingFormTests.Plan(dtype, quantization));

    // Common beginnings, so that nodes, caches and joined pieces take part.
    private static ScoreRequest[] Requests()
    {
        RandomStream random = RandomStream.For(11, "half precision");
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => 3 + random.NextInt(500))];
        int[] shared = Draw(40);
        return
        [
            .. Enumerable
                .Range(0, 6)
                .Select(i => new ScoreRequest(
                    [.. shared[..(10 + 6 * i)], .. Draw(5 + i)],
                    [.. Enumerable.Range(0, 4).Select(_ => Draw(1))]
                )),
        ];
    }

    private static double[] Scores(LanguageModel decoder, ScoreRequest[] requests)
    {
        using TorchLanguageModel model = new(decoder, budget: 64);
        double[][] found = new double[requests.Length][];
        model.Score(requests, (i, scores) => found[i] = [.. scores.Select(s => s.LogLikelihood)]);
        return [.. found.SelectMany(f => f)];
    }

    private static Completion[] Completions(string dtype, CompletionRequest[] requests)
    {
        using TorchLanguageModel model = new(Model(dtype, "none"), budget: 64, together: 4);
        Completion[] found = new Completion[requests.Length];
        model.Complete(requests, (i, c) => found[i] = c);
        return found;
    }

    private static double[] Gradient(string dtype, TrainingExample[] batch)
    {
        using LanguageModel model = TrainingFormTests.WithAdapter(dtype, "none");
        LossScale scale = LossScale.For(model.Dtype);
        CompletionLoss.Backward(model, batch, 48 / scale.Value, plain: false);
        return [.. TrainingFormTests.Flat(model).Select(g => g / scale.Value)];
    }
}
