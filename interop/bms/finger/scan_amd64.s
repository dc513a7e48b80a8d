#include "textflag.h"

// The layout of probeGroup and of a block: see block.go.
#define ROWS 33
#define NORM 4224    // probeGroup.norm
#define ANGLE 4232   // probeGroup.angle, four to a window
#define HALF 4244    // probeGroup.half
#define BLOCKNORM 0  // from the end of a block's rows
#define BLOCKTURN 64
#define BLOCKREST 96

DATA lowHalf<>+0(SB)/8, $0x0f0f0f0f0f0f0f0f
DATA lowHalf<>+8(SB)/8, $0x0f0f0f0f0f0f0f0f
GLOBL lowHalf<>(SB), RODATA|NOPTR, $16

// COUNT adds to SUM the bits that the four of the probe at OFF share with the
// low halves in Y5 and the high halves in Y6.
#define COUNT(OFF, SUM) \
	VBROADCASTI128 OFF(DI), Y7      \
	VBROADCASTI128 OFF+16(DI), Y8   \
	VPSHUFB        Y5, Y7, Y7       \
	VPSHUFB        Y6, Y8, Y8       \
	VPADDB         Y7, SUM, SUM     \
	VPADDB         Y8, SUM, SUM

// WINDOW raises the best in BEST by the likenesses in Y7 of the lanes whose
// direction is near enough to that at OFF. Y12 is how near.
#define WINDOW(OFF, BEST) \
	VPBROADCASTB ANGLE+OFF(AX), Y9      \
	VPSUBB       BLOCKTURN(SI), Y9, Y9  \
	VPABSB       Y9, Y9                 \
	VPMINUB      Y12, Y9, Y10           \
	VPCMPEQB     Y9, Y10, Y10           \
	VPAND        Y10, Y7, Y10           \
	VPMAXUB      Y10, BEST, BEST

// RAISE turns the common bits in SUM to likenesses and raises the best of each
// window in Y11, Y14 and Y15. Y13 is zero.
#define RAISE(I, SUM) \
	VPUNPCKLBW   SUM, Y13, Y7               \
	VPUNPCKHBW   SUM, Y13, Y8               \
	VPBROADCASTW NORM+2*I(AX), Y9           \
	VPMULHUW     BLOCKNORM(SI), Y7, Y7      \
	VPMULHUW     BLOCKNORM+32(SI), Y8, Y8   \
	VPMULHUW     Y9, Y7, Y7                 \
	VPMULHUW     Y9, Y8, Y8                 \
	VPACKUSWB    Y8, Y7, Y7                 \
	WINDOW(I, Y11)                          \
	WINDOW(I+4, Y14)                        \
	WINDOW(I+8, Y15)

// func scanGroup(probe *probeGroup, blocks *byte, n int, best *byte)
TEXT ·scanGroup(SB), NOSPLIT, $0-32
	MOVQ           probe+0(FP), AX
	MOVQ           blocks+8(FP), SI
	MOVQ           n+16(FP), CX
	MOVQ           best+24(FP), BX
	VBROADCASTI128 lowHalf<>(SB), Y4
	VPBROADCASTB   HALF(AX), Y12
	VPXOR          Y13, Y13, Y13

block:
	TESTQ CX, CX
	JZ    done
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	MOVQ  AX, DI
	MOVQ  $ROWS, DX

row:
	VMOVDQU (SI), Y5
	VPSRLW  $4, Y5, Y6
	VPAND   Y4, Y5, Y5
	VPAND   Y4, Y6, Y6
	COUNT(0, Y0)
	COUNT(32, Y1)
	COUNT(64, Y2)
	COUNT(96, Y3)
	ADDQ    $32, SI
	ADDQ    $128, DI
	DECQ    DX
	JNZ     row

	VMOVDQU (BX), Y11
	VMOVDQU 32(BX), Y14
	VMOVDQU 64(BX), Y15
	RAISE(0, Y0)
	RAISE(1, Y1)
	RAISE(2, Y2)
	RAISE(3, Y3)
	VMOVDQU Y11, (BX)
	VMOVDQU Y14, 32(BX)
	VMOVDQU Y15, 64(BX)
	ADDQ    $BLOCKREST, SI
	ADDQ    $96, BX
	DECQ    CX
	JMP     block

done:
	VZEROUPPER
	RET

// SUM leaves in TO the sum of what the 32 bytes at OFF have above Y4. Y5 is zero.
#define SUM(OFF, TO) \
	VMOVDQU      OFF(SI), Y0     \
	VPSUBUSB     Y4, Y0, Y0      \
	VPSADBW      Y5, Y0, Y0      \
	VEXTRACTI128 $1, Y0, X1      \
	VPADDQ       X1, X0, X0      \
	VPSHUFD      $0xee, X0, X1   \
	VPADDQ       X1, X0, X0      \
	VMOVD        X0, TO

// func sumBest(best *byte, n int, floor byte, scores *uint16)
TEXT ·sumBest(SB), NOSPLIT, $0-32
	MOVQ         best+0(FP), SI
	MOVQ         n+8(FP), CX
	VPBROADCASTB floor+16(FP), Y4
	MOVQ         scores+24(FP), DI
	VPXOR        Y5, Y5, Y5

next:
	TESTQ   CX, CX
	JZ      summed
	SUM(0, AX)
	SUM(32, BX)
	SUM(64, DX)
	CMPL    BX, AX
	CMOVLHI BX, AX
	CMPL    DX, AX
	CMOVLHI DX, AX
	MOVW    AX, (DI)
	ADDQ    $96, SI
	ADDQ    $2, DI
	DECQ    CX
	JMP     next

summed:
	VZEROUPPER
	RET

// func cpuid(leaf, sub uint32) (a, b, c, d uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-24
	MOVL leaf+0(FP), AX
	MOVL sub+4(FP), CX
	CPUID
	MOVL AX, a+8(FP)
	MOVL BX, b+12(FP)
	MOVL CX, c+16(FP)
	MOVL DX, d+20(FP)
	RET

// func xgetbv() (a, d uint32)
TEXT ·xgetbv(SB), NOSPLIT, $0-8
	XORL CX, CX
	XGETBV
	MOVL AX, a+0(FP)
	MOVL DX, d+4(FP)
	RET
